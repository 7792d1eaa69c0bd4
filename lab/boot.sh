#!/bin/sh
# usage: boot.sh CGROUP NETNS FOLDER BASE HOST, in a mount namespace of its own
#
# Becomes systemd-nspawn running a host: BASE below, what the host wrote in FOLDER/upper.
set -eu
cgroup=$1
netns=$2
folder=$3
base=$4
host=$5

mount -t overlay -o "lowerdir=$base,upperdir=$folder/upper,workdir=$folder/work" poterne-lab "$folder/root"

# systemd-nspawn believes that no other runs under its name, and trips over what the previous boot left here.
mkdir -p /run/systemd/nspawn
mount -t tmpfs poterne-lab /run/systemd/nspawn

# Also where the machine mounts the older hierarchies here: guests know only this one.
[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || mount -t cgroup2 poterne-lab /sys/fs/cgroup
# A cgroup of its own, or hosts would see and kill each other's units.
mkdir -p "/sys/fs/cgroup$cgroup/guest"
echo $$ >"/sys/fs/cgroup$cgroup/guest/cgroup.procs"

export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
exec systemd-nspawn --quiet --boot --register=no --keep-unit --console=pipe \
  --directory="$folder/root" --machine="$host" --hostname="$host" \
  --network-namespace-path="/run/netns/$netns" --resolv-conf=off --timezone=off --link-journal=no \
  --capability=CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_ADMIN --bind=/dev/net/tun \
  --system-call-filter=pidfd_getfd
