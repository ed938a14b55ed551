#!/usr/bin/env bash
# Builds and tests what is committed in a bare Debian of its own.
set -euo pipefail
usage() {
  cat <<'END'
usage: scripts/debian.sh RELEASE [--demo | --packages] [--user] [--root DIR] [--ccache DIR] [-- OPTIONS OF test.sh]

Makes a bare root of RELEASE (bookworm is Debian 12, trixie 13) with debootstrap, clones into it what is committed here,
and runs ./run.sh --demo and ./test.sh there, from nothing. Wants root and the network; namespaces of its own keep
mounts and processes from staying behind. At the end it says which tests were skipped.
  --demo        run.sh only
  --packages    instead: makes the packages (cpack), installs them in a second bare root, sends a letter with the
                installed binary, and builds a program against the installed libraries
  --user        builds and tests as a user without rights (root installs the packages before)
  --root DIR    uses the root in DIR, making it if it is not there, and keeps it (and what was built in it)
  --ccache DIR  lets the compilers use this folder of ccache's
END
}
. "$(dirname "$0")/lib.sh"
release='' mode=all user='' base='' keep='' cache='' options=()
while [ $# -gt 0 ]; do
  case $1 in
    bookworm | trixie) release=$1 ;;
    --demo | --packages) mode=${1#--} ;;
    --user) user=posthouse ;;
    --root) shift; base=${1:?--root wants a folder} keep=1 ;;
    --ccache) shift; cache=$(realpath "${1:?--ccache wants a folder}") ;;
    --) shift; options=("$@"); break ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
[ -n "$release" ] || { usage >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || fail "This makes a root folder of another Debian, so it wants to be root."
command -v debootstrap >/dev/null || fail "Please install debootstrap."
base=${base:-$(mktemp -d "/var/tmp/posthouse-$release.XXXXXX")}
[ -n "$keep" ] || trap 'rm -rf --one-file-system "$base" "$base.bare"' EXIT

# bare_root DIR: debootstrap's smallest, and apt's updates of this release.
bare_root() {
  [ ! -e "$1/etc/debian_version" ] || return 0
  mkdir -p "$1"
  debootstrap --variant=minbase "$release" "$1" || { tail -n 20 "$1/debootstrap/debootstrap.log"; return 1; }
}

# inside DIR PROGRAM [ARGUMENT…]: runs it in the root DIR, with no environment of ours. Mounts and whatever it leaves
# running end with it.
inside() {
  local dir=$1
  shift
  unshare --mount --pid --fork --kill-child bash -euc '
    dir=$1 cache=$2 shared=$3 jobs=$4
    shift 4
    mount -t proc proc "$dir/proc"
    mount --rbind /sys "$dir/sys"
    mount --rbind /dev "$dir/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$dir/dev/shm"
    cp /etc/resolv.conf "$dir/etc/resolv.conf"
    environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb JOBS="$jobs")
    if [ -n "$cache" ]; then
      mkdir -p "$dir/ccache"
      mount --bind "$cache" "$dir/ccache"
      environment+=(CCACHE_DIR=/ccache)
    fi
    if [ -d "$shared" ]; then
      mkdir -p "$dir/shared"
      mount --bind -o ro "$shared" "$dir/shared"
    fi
    exec chroot "$dir" /usr/bin/env -i "${environment[@]}" "$@"' - "$dir" "$cache" "$root/../shared" "$jobs" "$@"
}

# build_inside COMMAND: in the clone, as the user when one is asked for.
build_inside() {
  if [ -n "$user" ]; then
    inside "$base" runuser -u "$user" -- bash -c "cd /posthouse && $1"
  else
    inside "$base" bash -c "cd /posthouse && $1"
  fi
}

clone_into() {
  rm -rf "$1/posthouse"
  git clone --quiet --no-hardlinks "$root" "$1/posthouse"
}
clone() {
  clone_into "$base"
  if [ -n "$cache" ]; then inside "$base" bash -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends ccache'; fi
  if [ -n "$user" ]; then
    inside "$base" bash -c "id $user >/dev/null 2>&1 || useradd --create-home $user"
    inside "$base" bash -c "cd /posthouse && scripts/install.sh library build test && chown -R $user: ."
  fi
}

# The packages that a mail server's owner and a programmer install, each in a root where nothing else is.
try_packages() {
  inside "$base" bash -c 'cd /posthouse && scripts/install.sh library build package &&
    cmake --preset release -DPOSTHOUSE_TESTS=OFF -DPOSTHOUSE_EXAMPLES=OFF && cmake --build build/release &&
    cd build/release && cpack'
  rm -rf --one-file-system "$base.bare" # another run has installed packages there
  bare_root "$base.bare"
  clone_into "$base.bare"
  mkdir -p "$base.bare/packages"
  cp "$base"/posthouse/build/release/*.deb "$base.bare/packages/"
  inside "$base.bare" /posthouse/tests/package/installed.sh /packages
}

[ -z "$(git -C "$root" status --porcelain)" ] || say "What is not committed here is not tested."
STREAM=1 step "A bare $release" "Is the network there, and a mirror of Debian?" bare_root "$base"
STREAM=1 step "A clone in it" "Does git work here?" clone
case $mode in
  packages) STREAM=1 step "Packages, installed in a bare $release" "The first error above says what is missing." try_packages ;;
  *)
    STREAM=1 step "./run.sh --demo in $release" "The step that failed is named above." build_inside "./run.sh --demo"
    if [ "$mode" = all ]; then
      STREAM=1 step "./test.sh ${options[*]} in $release" "The step that failed is named above." \
        build_inside "./test.sh ${options[*]@Q}"
    fi
    ;;
esac
say "${green}$release: done.${plain}"
