# Shared by run.sh, test.sh and bench/run.sh; sourced, not run. Steps are announced, timed, and name what to do when they fail.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=${JOBS:-$(nproc)}

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'; else bold='' dim='' red='' green='' plain=''; fi

say() { printf '%s\n' "$*"; }
fail() { printf '%s%s%s\n' "$red" "$*" "$plain" >&2; exit 1; }

# step "what is done" "what to do if it fails" COMMAND…: runs the command, its output kept in build/log/, shown on failure.
# STREAM=1 shows the output as it comes instead.
step() {
  local title=$1 advice=$2 log started status=0
  shift 2
  mkdir -p "$root/build/log"
  log=$root/build/log/$(printf '%s' "$title" | tr -cs 'A-Za-z0-9' '-').log
  started=$SECONDS
  if [ -n "${STREAM:-}" ]; then
    say "${bold}== $title${plain}"
    "$@" 2>&1 | tee "$log" || status=$?
  else
    printf '%s== %s …%s ' "$bold" "$title" "$plain"
    if [[ $1 == build_* ]]; then
      set -m # a process group of its own, so that Ctrl+C ends the compilers too
      "$@" >"$log" 2>&1 &
      set +m
      trap 'kill -- -'$!'; exit 130' INT TERM
      show_progress $! "$log" "$title"
      wait $! || status=$?
      trap 'exit 130' INT TERM
    else
      "$@" >"$log" 2>&1 || status=$? # in the foreground: sudo may ask for a password
    fi
    [ $status -ne 0 ] || printf '%sdone%s in %d s\n' "$green" "$plain" $((SECONDS - started))
  fi
  if [ $status -ne 0 ]; then
    [ -n "${STREAM:-}" ] || { printf '%sfailed%s\n' "$red" "$plain"; tail -n 40 "$log"; }
    fail "Step '$title' failed with status $status after $((SECONDS - started)) s. $advice (Whole output: ${log#"$root"/})"
  fi
}

# show_progress PID LOG TITLE: until the process ends, how far the compiler is ("[12/240]"): in place on a terminal, a line
# every half minute elsewhere.
show_progress() {
  local seen='' now ticks=0
  while kill -0 "$1" 2>/dev/null; do
    sleep 0.5
    now=$(tail -n 1 "$2" 2>/dev/null | grep -oE '^\[[0-9]+/[0-9]+\]' || true)
    ticks=$((ticks + 1))
    [ -n "$now" ] && [ "$now" != "$seen" ] || continue
    if [ -t 1 ]; then
      printf '\r\e[K%s== %s …%s %s ' "$bold" "$3" "$plain" "$now"
    elif [ $((ticks / 60)) -gt 0 ]; then
      printf '%s ' "$now"
      ticks=0
    fi
    seen=$now
  done
}

# installed_version NAME, candidate_version NAME: of a Debian package; nothing where there is none.
installed_version() { dpkg-query -W -f '${Status} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^install ok installed //p' | head -n 1; }
candidate_version() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([^(].*\)/\1/p'; }

# first_alternative VERSION_OF DEPENDENCY: says the first name in "a | b (>= 1)" whose version, by the command VERSION_OF,
# is good enough; status 1 when none is.
first_alternative() {
  local alternative name version
  while read -r alternative; do
    name=${alternative%% *}
    version=$("$1" "$name")
    [ -n "$version" ] || continue
    if [[ $alternative =~ \(\>=\ (.*)\) ]]; then dpkg --compare-versions "$version" ge "${BASH_REMATCH[1]}" || continue; fi
    say "$name"
    return 0
  done < <(tr '|' '\n' <<<"$2")
  return 1
}

# install_packages KIND…: installs what is missing of the Debian packages of these kinds (see packages.txt).
install_packages() {
  local kinds="$*" kind dependency missing=() names=() as_root=()
  while read -r kind dependency; do
    case " $kinds " in *" $kind "*) ;; *) continue ;; esac
    # Any provider will do for compilers and tools found on the PATH.
    case $dependency in
      g++ | cmake | curl | python3 | sqlite3 | clang) ! command -v "$dependency" >/dev/null || continue ;;
    esac
    first_alternative installed_version "$dependency" >/dev/null || missing+=("$dependency")
  done < <(grep -v '^#' "$root/scripts/packages.txt")
  [ ${#missing[@]} -gt 0 ] || return 0
  say "missing: ${missing[*]}"
  command -v apt-get >/dev/null || { say "There is no apt-get here to install them."; return 1; }
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { say "As root, please run: scripts/install.sh $kinds"; return 1; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq || return 1
  for dependency in "${missing[@]}"; do
    names+=("$(first_alternative candidate_version "$dependency")") || { say "This release of Debian has no $dependency."; return 1; }
  done
  say "installing: ${names[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${names[@]}"
}

# build_preset PRESET [cmake options…] [-- targets…]
build_preset() {
  local preset=$1 options=() targets=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
  [ $# -eq 0 ] || { shift; targets=(--target "$@"); }
  cd "$root" && cmake --preset "$preset" "${options[@]}" && cmake --build "build/$preset" -j "$jobs" "${targets[@]}"
}

# fuzz_one TARGET SECONDS: runs build/asan/bin/fuzz_TARGET on the inputs there are, then on what it makes of them.
fuzz_one() {
  local target=$1 inputs=$root/build/asan/inputs/$1 seeds=()
  mkdir -p "$inputs"
  [ -d "$root/fuzz/corpus/$target" ] && seeds+=("$root/fuzz/corpus/$target")
  case $target in mime_*) [ -d "$root/../shared/corpus" ] && seeds+=("$root/../shared/corpus") ;; esac
  local log=$root/build/log/fuzz-$target.log
  mkdir -p "$root/build/log"
  say "fuzz_$target for $2 s"
  # No leak check per input: what it costs leaves time for few inputs. The end of the run has one.
  if ! "$root/build/asan/bin/fuzz_$target" -max_total_time="$2" -timeout=10 -rss_limit_mb=4096 -detect_leaks=0 -max_len=32768 \
    -artifact_prefix="$inputs/../found-$target-" "$inputs" "${seeds[@]}" >"$log" 2>&1; then
    tail -n 40 "$log"
    return 1
  fi
  tail -n 1 "$log"
}
