#!/bin/sh
# usage: prepare.sh [TOPOLOGY [FOLDER]]
#
# What the administrators of such a centre have done long ago: the gateway has a key that every server knows, the description
# has the key of every server, and the mail server's certificate is trusted. And what they do now: Alice has a key (in FOLDER, /tmp/vip), and
# may enter. TOPOLOGY is the lab's name for it (vip).
set -eu

config=/run/poterne-lab/${1:-vip}/ssh_config
folder=${2:-/tmp/vip}
mkdir -p -m 700 "$folder"

# Runs a command line on a host of the lab, as root.
on() {
  ssh -F "$config" -- "root@$1" "$2"
}

key=$(on passerelle '
  mkdir -p -m 700 .ssh
  [ -e .ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N "" -f .ssh/id_ed25519
  cat .ssh/id_ed25519.pub')
for server in passerelle prod1 prod2 prod3; do
  # Read at the machine itself: nobody in between could have shown another key.
  public=$(printf '%s\n' "$key" | on "$server" '
    read -r key
    keys=$(getent passwd debian | cut -d : -f 6)/.ssh/authorized_keys
    grep -qxF -- "$key" "$keys" || printf "%s\n" "$key" >>"$keys"
    cut -d " " -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub')
  on passerelle "sed -i '/^  $server:/,/ ssh:/ s#ssh: { user#ssh: { host-key: $public, user#' site/site.yaml"
done
on courrier 'cat /etc/postfix/courrier.crt' | on passerelle 'cat >site/courrier.pem'

# The SSH authority is made on the gateway, and the description names it.
[ -e "$folder/alice" ] || ssh-keygen -q -t ed25519 -N '' -C alice -f "$folder/alice"
{
  on passerelle 'poterne ssh authority 2>/dev/null'
  cat <<END
  # Servers take nothing but certificates, which a registered key yields for minutes.
  static-keys: off
  break-glass: { people: [alice], as: [debian] }
people:
  alice:
    name: Alice Martin
    email: astreinte@example.fr
    keys: ["$(cut -d ' ' -f 1,2 "$folder/alice.pub")"]
access:
  - { people: [alice], to: "group:A or group:B", as: [User_DollarU], when: Mon-Sun 00:00-24:00 }
END
} | on passerelle 'cat >site/acces.yaml && cd site && { grep -q ^include site.yaml || echo "include: [acces.yaml]" >>site.yaml; }'

# What Alice's ssh needs to know: it stays the ssh that it is. The key of minutes is not the registered one.
[ -e "$folder/minutes" ] || ssh-keygen -q -t ed25519 -N '' -C minutes -f "$folder/minutes"
{
  printf 'IdentityFile %s\nIdentitiesOnly yes\n\n' "$folder/minutes"
  on passerelle 'cd site && poterne ssh config --me alice' 2>/dev/null |
    sed "s#~/.ssh/known_hosts.poterne#$folder/known_hosts#; s# ~/.ssh/known_hosts\$##"
} >"$folder/config"
on passerelle 'cd site && poterne ssh config --me alice --known-hosts' >"$folder/known_hosts"
