#!/bin/sh
# shellcheck disable=SC1112  # French apostrophes
# usage: debian13.sh [--fresh] [VITEST ARGUMENT…]
#
# Runs the tests that nginx has a part in on Debian 13, with its own nginx and Node, whatever this machine runs.
# The root file system is built once with mmdebstrap (half a minute) and kept in the cache; --fresh builds it again.
# Everything happens in namespaces of its own, over overlays in memory: no port, file or process is left behind.
# Leaves with 77 when this machine cannot do that, after saying why: nothing was tested then.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

skip() {
  die 77 "Not tested on Debian 13: $1." "Pas d’essai sous Debian 13 : $2."
}

fresh=no
if [ "${1:-}" = --fresh ]; then
  fresh=yes
  shift
fi

[ "$(id -u)" -eq 0 ] || skip 'this needs root' 'il faut être root'
command -v mmdebstrap >/dev/null || skip 'mmdebstrap is not installed' 'mmdebstrap n’est pas installé'
unshare --mount --net --pid --fork true 2>/dev/null ||
  skip 'this machine allows no namespaces' 'cette machine n’autorise pas les espaces de noms'

require_node
"$root/scripts/ensure-npm-packages.sh" --dev

packages=nginx,libnginx-mod-stream,libnginx-mod-http-js,libnginx-mod-http-modsecurity,modsecurity-crs,nodejs,openssl,iproute2,slowhttptest
cache=${XDG_CACHE_HOME:-$HOME/.cache}/poterne
base=$cache/debian13
room=$cache/debian13.room
mkdir -p "$room"

# Two builds at once would take each other's place.
exec 9>"$cache/debian13.lock"
flock 9
if [ "$fresh" = yes ] || [ "$(cat "$base/.packages" 2>/dev/null)" != "$packages" ]; then
  say 'Building a Debian 13…' 'Construction d’une Debian 13…'
  rm -rf --one-file-system "$base" "$base.new"
  if ! mmdebstrap --quiet --variant=minbase --include="$packages" trixie "$base.new" >&2; then
    rm -rf --one-file-system "$base.new"
    skip 'it could not be built (see above)' 'elle n’a pas pu être construite (voir plus haut)'
  fi
  printf '%s' "$packages" >"$base.new/.packages"
  mv "$base.new" "$base"
fi
flock -u 9

# What another nginx can break; `debian13.sh src examples` runs everything.
[ $# -gt 0 ] || set -- src/engines src/apply/executor src/apply/isolate examples/proofs
modules=$(readlink -f "$root/node_modules")

# Arguments: the base, where to mount, the tree, the packages' folder, then vitest's.
# shellcheck disable=SC2016  # expanded by the inner shell
exec unshare --mount --net --pid --fork --kill-child --propagation private sh -euc '
  base=$1 room=$2 tree=$3 modules=$4
  shift 4
  mount -t tmpfs tmpfs "$room"
  machine=$room/machine
  # over LOWER POINT: LOWER as it is, what is written to it kept in memory.
  layers=0
  over() {
    layers=$((layers + 1))
    mkdir -p "$room/$layers/upper" "$room/$layers/work" "$2"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$room/$layers/upper,workdir=$room/$layers/work" "$2"
  }
  over "$base" "$machine"
  mount -t proc proc "$machine/proc"
  mount --rbind /dev "$machine/dev"
  mount -t tmpfs tmpfs "$machine/run"
  over "$tree" "$machine/srv/poterne"
  # The packages may be shared by several trees, through a link.
  if [ -L "$tree/node_modules" ]; then over "$modules" "$machine$modules"; fi
  exec chroot "$machine" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TMPDIR=/tmp \
    sh -euc "
      ip link set lo up
      cd /srv/poterne
      . /etc/os-release
      echo \"\$PRETTY_NAME, nginx \$(nginx -v 2>&1 | sed s,.*/,,), Node \$(node --version)\"
      exec node node_modules/vitest/vitest.mjs run \"\$@\"
    " sh "$@"
' sh "$base" "$room" "$root" "$modules" "$@"
