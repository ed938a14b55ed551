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
  --ci      what a change must pass to land: format, GCC and Clang without a warning, every header alone,
            all tests, the unit tests under ASan and UBSan, net's under TSan, and each fuzz target for some seconds
  -R REGEX  only the tests whose names match
JOBS=N sets how many compilers and tests run at once (default: all cores).
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

run_tests() { ctest --test-dir "build/$1" --output-on-failure --no-tests=error -j "$jobs" "${@:2}"; }
formatted() { git ls-files '*.cc' '*.h' | xargs clang-format-19 --dry-run --Werror; }
fuzz_all() { local binary; for binary in build/fuzz/bin/fuzz_*; do fuzz_one "${binary##*/fuzz_}" 5 || return 1; done; }
demo() { rm -rf build/demo && env -u STREAM ./run.sh --demo --data build/demo; }
read_the_log="The compiler's first error above says where to look."
read_the_test="The failed test's output is above; run it alone with -R NAME."

step "Installing packages" "Check the network and that apt-get works." install_packages library build test
if [ -n "$ci" ]; then
  step "Checking the format" "Run: git ls-files '*.cc' '*.h' | xargs clang-format-19 -i" formatted
  step "Building with GCC (release, -Werror)" "$read_the_log" build_preset release -DPOSTHOUSE_WERROR=ON -DPOSTHOUSE_HEADER_CHECK=ON
  STREAM=1 step "Testing (release)" "$read_the_test" run_tests release "${select[@]}"
  STREAM=1 step "The letter's journey" "Run ./run.sh --demo --data build/demo to see it alone." demo
  step "Building with ASan and UBSan" "$read_the_log" build_preset asan -DPOSTHOUSE_WERROR=ON -- unit_tests
  STREAM=1 step "Unit tests under ASan and UBSan" "$read_the_test" run_tests asan -L unit
  step "Building fiber and net with TSan" "$read_the_log" build_preset tsan -DPOSTHOUSE_WERROR=ON -- fiber_test net_test
  STREAM=1 step "Unit tests of fiber and net under TSan" "$read_the_test" run_tests tsan -R '^unit[.](fiber|net)$'
  step "Building with Clang (-Werror), with the fuzz targets" "$read_the_log" build_preset fuzz -DPOSTHOUSE_WERROR=ON -DPOSTHOUSE_EXAMPLES=ON
  STREAM=1 step "Fuzzing" "scripts/fuzz.sh TARGET runs one; the input it found is named above." fuzz_all
else
  step "Building ($preset)" "$read_the_log" build_preset "$preset"
  STREAM=1 step "Testing ($preset)" "$read_the_test" run_tests "$preset" "${select[@]}"
fi
say "${green}All tests passed.${plain}"
