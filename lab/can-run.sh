#!/bin/sh
# usage: can-run.sh
#
# Leaves with 0 where the lab can boot hosts, and else with 77 after saying why not.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

skip() {
  die 77 "Not tested on real hosts (lab/): $1." "Pas d’essai sur de vraies machines (lab/) : $2."
}

[ "$(uname -s)" = Linux ] || skip 'this is not Linux' 'ce n’est pas un Linux'
[ "$(id -u)" -eq 0 ] || skip 'this needs root' 'il faut être root'
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
  skip 'this is not a Debian system' 'ce n’est pas une Debian'
fi
unshare --mount --net --pid --fork true 2>/dev/null ||
  skip 'this machine allows no namespaces' 'cette machine n’autorise pas les espaces de noms'
groups=$(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | head -n 1)
[ -n "$groups" ] || skip 'no cgroup2 hierarchy is mounted' 'aucune hiérarchie cgroup2 n’est montée'
# A group that holds processes of its own may have no children that do: making one must work.
trial=$groups/poterne-lab-trial.$$
if mkdir "$trial" 2>/dev/null; then rmdir "$trial"; else
  skip 'cgroups cannot be made here' 'on ne peut pas créer de cgroups ici'
fi
# In a namespace of its own: nothing stays mounted. The mount must be of a disk in memory, as hosts' are.
unshare --mount --propagation private sh -euc '
  mount -t tmpfs tmpfs /run
  mkdir /run/lower /run/upper /run/work /run/root
  mount -t overlay overlay -o lowerdir=/run/lower,upperdir=/run/upper,workdir=/run/work /run/root
' 2>/dev/null || skip 'this machine mounts no overlays' 'cette machine ne monte pas d’overlays'
