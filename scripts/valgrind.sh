#!/usr/bin/env bash
# Runs net's unit tests of the release build under valgrind's memcheck.
set -euo pipefail
usage() {
  cat <<'END'
usage: scripts/valgrind.sh [GTEST_FILTER]

Builds net_test (release) and runs it under memcheck, in a minute or two. Left out, since they take longer or cannot work
there: stress, thousands of fibers, handshakes in pieces of every size, what is meant to die or to leak, servers of
other makers. With a filter, the tests it names. Status 1 at any error, or memory that is definitely lost; the report
is in build/log/valgrind.log.
END
}
. "$(dirname "$0")/lib.sh"
cd "$root"
[[ ${1:-} != -* || ${1:-} == -\** ]] || { usage; [ "$1" = -h ] || [ "$1" = --help ]; exit; }
filter=${1:--*Stress*:*DeathTest*:*StackPool*:*ThereMayBeMany*:*ManyFibersOnOneLoop*:*PiecesOfEverySize*:ForeignPeers*:*Dnssec*:SignedZone*:*NeverGivenBack*}
report=build/log/valgrind.log

memcheck() {
  valgrind --suppressions=scripts/valgrind.supp --leak-check=full --errors-for-leak-kinds=definite \
    --show-leak-kinds=definite --error-exitcode=1 --quiet --log-file="$report" \
    build/release/bin/net_test --gtest_brief=1 --gtest_filter="$filter"
}

step "Building net_test (release)" "The compiler's first error above says where to look." build_preset release -- net_test
STREAM=1 step "net's unit tests under valgrind" "See $report." memcheck
