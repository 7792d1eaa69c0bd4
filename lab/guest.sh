#!/bin/sh
# usage: guest.sh CGROUP SWITCH NETNS FOLDER BASE HOST
#
# Powers a host on, and again each time it reboots; ends when it powers off. CGROUP is the host's own, relative to the
# cgroup2 hierarchy mounted at the path in CGROUP_ROOT: whoever kills it kills everything of the host, this included.
set -eu
cgroup=$1
switch=$2
netns=$3
folder=$4
base=$5
host=$6
here=$(dirname -- "$0")

echo $$ >"$CGROUP_ROOT$cgroup/cgroup.procs"
while :; do
  sh "$here/wire.sh" "$netns" "$switch" "$folder"
  status=0
  # Its mounts are in a namespace of their own: they go when it does, however it goes.
  unshare --mount --propagation private sh "$here/boot.sh" "$cgroup" "$netns" "$folder" "$base" "$host" || status=$?
  # What systemd-nspawn says of a guest that wants to reboot.
  [ "$status" -eq 133 ] || exit "$status"
done
