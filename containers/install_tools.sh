#!/usr/bin/env bash
# What the page is built with beside what `cargo xtask setup` installs: Rust with rustup, Node 20 or
# later with npm, a C compiler. Does nothing where they are there; with OFFPRINT_CHECK_ONLY it says what is
# missing, and fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

has() { command -v "$1" >/dev/null 2>&1; }

node_is_new() {
  has node && has npm && [[ "$(node --version)" =~ ^v([0-9]+) ]] && ((BASH_REMATCH[1] >= 20))
}

if node_is_new && has cc; then
  echo "ready: node $(node --version), npm $(npm --version), $(command -v cc)"
elif [[ -n "${OFFPRINT_CHECK_ONLY:-}" ]]; then
  has cc || echo "missing: a C compiler, as cc" >&2
  has npm || echo "missing: npm" >&2
  echo "wanted: node 20 or later; found: $(node --version 2>/dev/null || echo none)" >&2
  echo "nothing was installed, since OFFPRINT_CHECK_ONLY is set: install it, or run $0 without" >&2
  exit 1
else
  has apt-get || { echo "node 20, npm or cc is missing, and there is no apt-get: install them" >&2; exit 1; }
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  apt-get install --yes --no-install-recommends build-essential ca-certificates nodejs npm
  node_is_new || { echo "this system's node is $(node --version || true): 20 or later is needed" >&2; exit 1; }
fi

bash install_rust.sh
