#!/usr/bin/env bash
# Runs the fuzz targets of build/asan, one after the other.
set -euo pipefail
usage() {
  cat <<'END'
usage: scripts/fuzz.sh [--seconds N] [TARGET…]

Builds the fuzz targets (Clang, AddressSanitizer, UndefinedBehaviorSanitizer) and runs each, or those named, for N
seconds (default 60), beginning with the inputs of fuzz/corpus and, where it is there, of ../shared/corpus. New inputs
are kept in build/asan/inputs. Ends with status 1 at the first finding, whose input is named.
END
}
. "$(dirname "$0")/lib.sh"
cd "$root"
seconds=60 targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) shift; seconds=${1:?--seconds wants a number} ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) targets+=("${1#fuzz_}") ;;
  esac
  shift
done
step "Building the fuzz targets" "The compiler's first error above says where to look." build_preset asan -- fuzz_targets
if [ ${#targets[@]} -eq 0 ]; then
  for binary in build/asan/bin/fuzz_*; do targets+=("${binary##*/fuzz_}"); done
fi
for target in "${targets[@]}"; do
  fuzz_one "$target" "$seconds"
done
