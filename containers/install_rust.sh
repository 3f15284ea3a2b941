#!/usr/bin/env bash
# Rust, by rustup, in the version of rust-toolchain.toml, and a C compiler to link with.
# Does nothing where they are there; with OFFPRINT_CHECK_ONLY it says what is missing, and fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

has() { command -v "$1" >/dev/null 2>&1; }

PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
channel=$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)
[[ -n "$channel" ]] || { echo "rust-toolchain.toml names no channel" >&2; exit 1; }

if has cargo && has cc && [[ "$(cargo --version 2>/dev/null || true)" == "cargo $channel "* ]]; then
  echo "ready: $(cargo --version)"
  exit 0
fi

if [[ -n "${OFFPRINT_CHECK_ONLY:-}" ]]; then
  has cc || echo "missing: a C compiler, as cc" >&2
  echo "wanted: cargo $channel; found: $(cargo --version 2>/dev/null || echo none)" >&2
  echo "nothing was installed, since OFFPRINT_CHECK_ONLY is set: install it, or run $0 without" >&2
  exit 1
fi
if ! has curl || ! has cc; then
  has apt-get || { echo "curl or cc is missing, and there is no apt-get: install them" >&2; exit 1; }
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  apt-get install --yes --no-install-recommends build-essential ca-certificates curl
fi
if ! has rustup; then
  curl --proto '=https' --tlsv1.2 --silent --show-error --fail https://sh.rustup.rs \
    | sh -s -- -y --no-modify-path --profile minimal --default-toolchain none
fi
rustup toolchain install "$channel" --profile minimal
echo "installed: $(cargo --version)"
