#!/bin/sh
# usage: server.sh FOLDER LOWER KNOWN ADDRESS, in mount, host name and process namespaces of its own: becomes a server
set -eu
folder=$1
lower=$2
known=$3
name=${known##*/}
address=$4

mkdir -p "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$folder/upper,workdir=$folder/work" poterne-bench "$folder/root"
cd "$folder/root"
hostname "$name"
mount -t proc proc proc
mount -t tmpfs tmpfs run
mount --bind /dev dev
mkdir run/sshd
echo "127.0.0.1 localhost $name" >etc/hosts
ssh-keygen -q -t ed25519 -N '' -C "$name" -f etc/ssh/ssh_host_ed25519_key
echo "[${address%:*}]:${address##*:} $(cat etc/ssh/ssh_host_ed25519_key.pub)" >"$folder/known"
{
  until [ -e run/sshd.pid ]; do sleep 0.1; done
  mv "$folder/known" "$known"
} &
exec chroot . /usr/sbin/sshd -D -o ListenAddress="$address" -o HostKey=/etc/ssh/ssh_host_ed25519_key -o MaxStartups=200
