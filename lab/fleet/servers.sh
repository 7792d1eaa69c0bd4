#!/bin/sh
# usage: servers.sh FOLDER BASE COUNT PORT, in mount and process namespaces of its own
#
# COUNT servers s1, s2…: each its own files over BASE, name, processes and sshd as Debian configures it, at 127.77.x.y. No
# systemd there: what costs is the way to a server. FOLDER has authorized_keys, and gets known_hosts. Says so once all listen; killed,
# all of it goes.
set -eu
folder=$1
base=$2
count=$3
port=$4
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

mkdir -p "$folder/hosts" "$folder/known"
mount -t tmpfs -o nr_inodes=0 poterne-bench "$folder/hosts"

# What all have beyond the base.
layer=$folder/hosts/layer
mkdir -p "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay -o "lowerdir=$base,upperdir=$layer/upper,workdir=$layer/work" poterne-bench "$layer/root"
cd "$layer/root"
chroot . useradd --create-home --shell /bin/bash User_DollarU
mkdir -p home/debian/.ssh script
cp "$folder/authorized_keys" home/debian/.ssh/
chroot . chown -R debian: /home/debian /script
cd /
umount "$layer/root"

server=0
while [ "$server" -lt "$count" ]; do
  server=$((server + 1))
  address=127.77.$((server / 250)).$((server % 250 + 1))
  unshare --mount --uts --pid --fork --kill-child=KILL \
    sh "$here/server.sh" "$folder/hosts/s$server" "$layer/upper:$base" "$folder/known/s$server" "$address:$port" &
  # Starting one takes a processor for a moment.
  [ $((server % 32)) -ne 0 ] || sleep 0.5
done
tries=0
until [ "$(find "$folder/known" -name 's*' | wc -l)" -eq "$count" ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || exit 1
  sleep 0.2
done
cat "$folder"/known/* >"$folder/known_hosts"
echo listening
wait
