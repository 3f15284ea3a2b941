#!/usr/bin/env bash
# Page and book, into dist/ unless told otherwise. Arguments are those of `cargo xtask site`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo xtask site "$@"
