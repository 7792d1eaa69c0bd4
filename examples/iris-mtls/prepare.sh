#!/bin/sh
# usage: prepare.sh [TOPOLOGY [FOLDER]]
#
# Brings the certificates of pki.sh (in FOLDER, /tmp/iris-mtls) to the gateway, and lets it look from the two machines inside.
# TOPOLOGY is the lab's name for it (iris-mtls).
set -eu

config=/run/poterne-lab/${1:-iris-mtls}/ssh_config
folder=${2:-/tmp/iris-mtls}

# Runs a command line on a host of the lab, as root.
on() {
  ssh -F "$config" -- "root@$1" "$2"
}

on passerelle 'mkdir -p -m 700 site/pki'
(cd "$folder" && tar -cf - agences-root.pem agences.crl agence.pem agence.key agence-*.pem agence-*.key partenaire-root.pem client*.pem client*.key) |
  on passerelle 'tar -xf - -C site/pki'
key=$(on passerelle '
  mkdir -p -m 700 .ssh
  [ -e .ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N "" -f .ssh/id_ed25519
  cat .ssh/id_ed25519.pub')
for machine in iris poste; do
  # Read at the machine itself: nobody in between could have shown another key.
  public=$(printf '%s\n' "$key" | on "$machine" '
    read -r key
    printf "%s\n" "$key" >>/home/debian/.ssh/authorized_keys
    cut -d " " -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub')
  on passerelle "sed -i '/^  $machine:/s#ssh: { user#ssh: { host-key: $public, user#' site/site.yaml"
done
