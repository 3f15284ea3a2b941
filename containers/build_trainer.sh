#!/usr/bin/env bash
# The trainer, for the processor or, with the word `cuda`, for NVIDIA cards.
#
#   build_trainer.sh [cuda]
#
# OFFPRINT_PROFILE  cargo's profile (release); `dev` is what the tests have compiled already
# OFFPRINT_BIN      folder that gets the program (dist-trainer)
# CUDA_COMPUTE_CAP  the card's generation, such as 80, where no card is at hand to be asked
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

profile=${OFFPRINT_PROFILE:-release}
bin=${OFFPRINT_BIN:-dist-trainer}
# The whole workspace's choice of features, as in tests: nothing is compiled twice.
arguments=(--workspace --bin trainer --profile "$profile")
# The tests' own choice of features follows from what is built together.
[[ "$profile" == dev ]] && arguments+=(--test offprint)
case "${1:-}" in
  "") ;;
  cuda)
    command -v nvcc >/dev/null || { echo "nvcc is missing: take an image of nvidia/cuda that ends in devel" >&2; exit 1; }
    arguments+=(--features trainer/cuda)
    ;;
  *)
    echo "what does \"$1\" mean here? build_trainer.sh [cuda]" >&2
    exit 2
    ;;
esac

cargo build "${arguments[@]}"
# Cargo calls the folder of `dev` debug.
folder=$profile
[[ "$folder" == dev ]] && folder=debug
mkdir -p "$bin"
cp "${CARGO_TARGET_DIR:-target}/$folder/trainer" "$bin/trainer.tmp"
mv "$bin/trainer.tmp" "$bin/trainer"
if [[ "${1:-}" == cuda ]]; then
  # It wants the driver's library, which an image that is being built does not have.
  echo "ready: $bin/trainer, for NVIDIA cards"
else
  version=$("$bin/trainer" --version)
  echo "ready: $bin/trainer, $version"
fi
