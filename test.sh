#!/usr/bin/env bash
# Installs what is missing, builds and runs all tests.
set -euo pipefail
usage() {
  cat <<'END'
usage: ./test.sh [--ci] [--asan] [--tsan] [--unit] [-R REGEX]

Installs what is missing, builds (release) and runs all tests.
  --unit    the unit tests only
  --asan    the same under AddressSanitizer and UndefinedBehaviorSanitizer
  --tsan    the same under ThreadSanitizer
  --ci      what a change must pass to land: format, every source and every public header alone by Clang, GCC without a
            warning, all tests, the unit tests under ASan and UBSan, fiber's and net's under TSan, and each fuzz target
            for FUZZ_SECONDS (default 5)
  -R REGEX  only the tests whose names match
JOBS=N sets how many compilers and tests run at once (default: all cores).
At the end stand the slowest tests, and what was skipped and why. Ctrl+C ends whatever the tests have started.
END
}
. "$(dirname "$0")/scripts/lib.sh"
cd "$root"
ci='' preset=release select=()
while [ $# -gt 0 ]; do
  case $1 in
    --ci) ci=1 ;;
    --asan) preset=asan ;;
    --tsan) preset=tsan ;;
    --unit) select+=(-L unit) ;;
    -R) shift; select+=(-R "${1:?-R wants a regular expression}") ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

# One more than there are cores: many tests wait for servers and clocks.
run_tests() { ctest --test-dir "build/$1" --output-on-failure --no-tests=error -j "$((jobs + 1))" "${@:2}"; }
formatted() { git ls-files '*.cc' '*.h' | xargs clang-format-19 --dry-run --Werror; }
build_syntax() {
  cmake --preset syntax && scripts/check_syntax.py build/syntax -j "$jobs" --only header_check --share-includes
}
fuzz_all() {
  local binaries=(build/asan/bin/fuzz_*)
  export -f fuzz_one say
  export root
  printf '%s\n' "${binaries[@]##*/fuzz_}" | xargs -P "$jobs" -I '{}' bash -c 'fuzz_one "$1" "$2"' - '{}' "${FUZZ_SECONDS:-5}"
}
demo() { rm -rf build/demo && env -u STREAM ./run.sh --demo --data build/demo; }
# Temporary files of the tests lie in a folder that goes with this script; whatever they started has it in its environment.
TMPDIR=$(mktemp -d /tmp/posthouse-test.XXXXXX)
chmod 1777 "$TMPDIR"
export TMPDIR
clean_up() {
  local file pid
  for file in $(grep -lsz "^TMPDIR=$TMPDIR\$" /proc/[0-9]*/environ); do
    pid=${file//[!0-9]/}
    [ "$pid" = $$ ] || kill -KILL "$pid" 2>/dev/null || true
  done
  rm -rf "$TMPDIR"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
read_the_log="The compiler's first error above says where to look."
read_the_test="The failed test's output is above; run it alone with -R NAME."

step "Installing packages" "Check the network and that apt-get works." install_packages library build test
if [ -n "$ci" ]; then
  step "Checking the format" "Run: git ls-files '*.cc' '*.h' | xargs clang-format-19 -i" formatted
  step "Reading every header alone (Clang, -Werror)" "$read_the_log" build_syntax
  step "Building with GCC (release, -Werror)" "$read_the_log" build_preset release -DPOSTHOUSE_WERROR=ON
  STREAM=1 step "Testing (release)" "$read_the_test" run_tests release "${select[@]}"
  STREAM=1 step "The letter's journey" "Run ./run.sh --demo --data build/demo to see it alone." demo
  step "Building with ASan and UBSan" "$read_the_log" build_preset asan -DPOSTHOUSE_WERROR=ON -- unit_tests fuzz_targets
  STREAM=1 step "Unit tests under ASan and UBSan" "$read_the_test" run_tests asan -L unit
  STREAM=1 step "Fuzzing" "scripts/fuzz.sh TARGET runs one; the input it found is named above." fuzz_all
  step "Building fiber and net with TSan" "$read_the_log" build_preset tsan -DPOSTHOUSE_WERROR=ON -- fiber_test net_test
  STREAM=1 step "Unit tests of fiber and net under TSan" "$read_the_test" run_tests tsan -R '^unit[.](fiber|net)$'
  tested=(build/release build/asan build/tsan)
else
  step "Building ($preset)" "$read_the_log" build_preset "$preset"
  STREAM=1 step "Testing ($preset)" "$read_the_test" run_tests "$preset" "${select[@]}"
  tested=("build/$preset")
fi
scripts/test_report.py "${tested[@]}"
say "${green}All tests passed.${plain}"
