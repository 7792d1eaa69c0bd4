#!/bin/sh
# usage: prepare.sh [TOPOLOGY]
#
# What the administrators of such a centre have done long ago: the gateway has a key that every server knows, knows the key
# of every server, and trusts the mail server's certificate. TOPOLOGY is the lab's name for it (vip).
set -eu

config=/run/poterne-lab/${1:-vip}/ssh_config

# Runs a command line on a host of the lab, as root.
on() {
  ssh -F "$config" -- "root@$1" "$2"
}

key=$(on passerelle '
  mkdir -p -m 700 .ssh
  [ -e .ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N "" -f .ssh/id_ed25519
  cat .ssh/id_ed25519.pub')
for server in prod1 prod2 prod3; do
  # Read at the server itself: nobody in between could have shown another key.
  public=$(printf '%s\n' "$key" | on "$server" '
    read -r key
    keys=/home/debian/.ssh/authorized_keys
    grep -qxF -- "$key" "$keys" || printf "%s\n" "$key" >>"$keys"
    cut -d " " -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub')
  printf '%s %s\n' "$server" "$public"
done | on passerelle '
  while read -r server public; do
    echo "$(getent ahostsv4 "$server" | sed -n "1s/ .*//p") $public"
  done >.ssh/known_hosts'
on courrier 'cat /etc/postfix/courrier.crt' | on passerelle 'cat >site/courrier.pem'
