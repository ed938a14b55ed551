#!/usr/bin/env bash
# Runs the unit tests of fiber and net of the release build under valgrind's memcheck.
set -euo pipefail
usage() {
  cat <<'END'
usage: scripts/valgrind.sh [GTEST_FILTER]

Builds fiber_test and net_test (release) and runs them under memcheck, in about two minutes, but for tests that take
longer or cannot work there (the script says which and why). With a filter, the tests it names. Status 1 at any error, or
memory that is definitely lost; the reports are build/log/valgrind-*.log.
END
}
. "$(dirname "$0")/lib.sh"
cd "$root"
[[ ${1:-} != -* || ${1:-} == -\** ]] || { usage; [ "$1" = -h ] || [ "$1" = --help ]; exit; }
left_out=(
  '*Stress*' '*StackPool*' '*ThereMayBeMany*'                       # tens of thousands of fibers or calls
  '*PiecesOfEverySize*' '*TlsTransport.ManyFibersOnOneLoop'         # handshakes by the hundred
  '*TheKindOfKeyTheClientCanVerify' '*TheNameItselfLacks'           # they make an RSA key: 40 s each
  'ForeignPeers*' '*Dnssec*' 'SignedZone*'                          # servers of other makers
  '*DeathTest*' '*NeverGivenBack*'                                  # meant to die, or to leak
  # Memcheck keeps the limit of descriptors by itself: it lets the kernel accept one too many, closes that and says
  # EMFILE. So the connection that the test leaves waiting is gone, and the test waits until its alarm.
  '*RunningOutOfDescriptors*'
)
filter=${1:--$(IFS=: && echo "${left_out[*]}")}

memcheck() {
  valgrind --suppressions=scripts/valgrind.supp --leak-check=full --errors-for-leak-kinds=definite \
    --show-leak-kinds=definite --error-exitcode=1 --quiet --log-file="build/log/valgrind-$1.log" \
    "build/release/bin/$1" --gtest_brief=1 --gtest_filter="$filter"
}

step "Building fiber_test and net_test (release)" "The compiler's first error above says where to look." \
  build_preset release -- fiber_test net_test
for program in fiber_test net_test; do
  STREAM=1 step "$program under valgrind" "See build/log/valgrind-$program.log." memcheck "$program"
done
