#!/bin/sh
# shellcheck disable=SC1112  # French apostrophes
# usage: ensure-debian-packages.sh PACKAGE…
#
# Installs the Debian packages that are missing, after saying which and why. Needs root, or sudo; without either it says
# what to run and leaves with 2. Installing never starts a service: Debian would start nginx on port 80 at once.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

# `su` keeps a user's PATH, where dpkg does not find its helpers.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

# Set by this script when it runs itself again through sudo.
announced=no
if [ "${1:-}" = --announced ]; then
  announced=yes
  shift
fi

[ $# -gt 0 ] || die 2 "usage: $0 PACKAGE…" "usage : $0 PAQUET…"
for package; do
  case $package in
    [!a-z0-9]* | *[!a-z0-9+.:-]*) die 2 "\"$package\" is not a package's name." "« $package » n’est pas un nom de paquet." ;;
  esac
done

installed() {
  dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# find_missing PACKAGE…: sets $missing, the names separated by spaces.
find_missing() {
  missing=
  for package; do
    installed "$package" || missing="${missing:+$missing }$package"
  done
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  die 2 "This is not a Debian system: install by hand what provides $*." \
    "Ce système n’est pas une Debian : installez à la main ce qui fournit $*."
fi

find_missing "$@"
[ -n "$missing" ] || exit 0

if [ "$announced" = no ]; then
  say 'Debian packages to install:' 'Paquets Debian à installer :'
  for package in $missing; do
    case $package in
      nginx | nginx-light) say "  $package: the gateway itself; Poterne runs its own, Debian's service stays off" \
        "  $package : la passerelle elle-même ; Poterne lance le sien, le service de Debian reste arrêté" ;;
      libnginx-mod-stream) say "  $package: what passes TLS through to services" \
        "  $package : ce qui passe le TLS tel quel aux services" ;;
      libnginx-mod-http-js) say "  $package: what reads the names in client certificates" \
        "  $package : ce qui lit les noms dans les certificats clients" ;;
      libnginx-mod-http-modsecurity | modsecurity-crs) say "  $package: the web application firewall of publications that have one" \
        "  $package : le pare-feu applicatif des publications qui en ont un" ;;
      openssl) say '  openssl: certificates, in the tests' '  openssl : les certificats, dans les tests' ;;
      postgresql) say '  postgresql: the database that gateways share, in the tests; its service stays off' \
        '  postgresql : la base que partagent des passerelles, dans les tests ; son service reste arrêté' ;;
      bind9 | pebble) say "  $package: a certificate authority and the names that it looks up, in the tests; bind9's service stays off" \
        "  $package : une autorité de certification et les noms qu’elle cherche, dans les tests ; le service de bind9 reste arrêté" ;;
      slapd) say "  slapd: a directory of people, in the tests; its service stays off" \
        "  slapd : un annuaire de personnes, dans les tests ; son service reste arrêté" ;;
      fail2ban | python3-systemd) say "  $package: what counts failures and bans, in the tests; fail2ban's service stays off" \
        "  $package : ce qui compte les échecs et bannit, dans les tests ; le service de fail2ban reste arrêté" ;;
      slowhttptest) say '  slowhttptest: clients that are slow on purpose, in the tests' \
        '  slowhttptest : des clients lents exprès, dans les tests' ;;
      libfaketime) say '  libfaketime: a clock that jumps, in the tests' '  libfaketime : une horloge qui saute, dans les tests' ;;
      chromium) say '  chromium: a browser, in the tests' '  chromium : un navigateur, dans les tests' ;;
      curl) say '  curl: a client, in the tests' '  curl : un client, dans les tests' ;;
      nftables | iproute2) say "  $package: firewalls and networks of their own, in the tests" \
        "  $package : des pare-feu et des réseaux à part, dans les tests" ;;
      mmdebstrap | systemd-container | netcat-openbsd) say "  $package: hosts of the lab" "  $package : les machines du labo" ;;
      *) say "  $package: Poterne needs it" "  $package : Poterne en a besoin" ;;
    esac
  done
fi

if [ "$(id -u)" -ne 0 ]; then
  script=$root/scripts/ensure-debian-packages.sh
  # sudo empties the environment; the messages keep their language.
  language=${POTERNE_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}
  # Package names hold no space: the list is split on purpose.
  # shellcheck disable=SC2086
  if command -v sudo >/dev/null; then
    if sudo -n true 2>/dev/null; then
      exec sudo -n env POTERNE_LANG="$language" "$script" --announced $missing
    elif (: </dev/tty) 2>/dev/null; then
      # sudo asks for the password on the terminal itself, also when our own streams are pipes.
      exec sudo env POTERNE_LANG="$language" "$script" --announced $missing
    fi
  fi
  die 2 "Only root may install them. Run this as root, then the same command again:
  $script $missing" \
    "Seul root peut les installer. Lancez ceci en tant que root, puis de nouveau la même commande :
  $script $missing"
fi

# One at a time, or the first to end would remove the policy that the second relies on.
if command -v flock >/dev/null && [ -d /run/lock ]; then
  exec 9>/run/lock/poterne-packages
  flock 9
  # shellcheck disable=SC2086
  find_missing $missing
  [ -n "$missing" ] || exit 0
fi

policy=/usr/sbin/policy-rc.d
mark='Placed by Poterne while it installs packages'
placed=no
remove_policy() {
  [ "$placed" = no ] || rm -f "$policy"
}
trap remove_policy EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The administrator's own policy is left alone; one that we left when we were killed is not.
if ! [ -e "$policy" ] || grep -q "$mark" "$policy"; then
  placed=yes
  # Should we be killed, it lets services start again.
  printf '#!/bin/sh\n# %s: no service starts by itself.\nkill -0 %s 2>/dev/null || exit 0\nexit 101\n' "$mark" "$$" \
    >"$policy.new"
  chmod 755 "$policy.new"
  mv "$policy.new" "$policy"
fi

brought=" $missing "

DEBIAN_FRONTEND=noninteractive
export DEBIAN_FRONTEND

apt() {
  apt-get -q -o DPkg::Lock::Timeout=120 "$@" </dev/null >&2
}

install_missing() {
  # shellcheck disable=SC2086
  apt install -y --no-install-recommends $missing
}

has_candidates() {
  for package in $missing; do
    LC_ALL=C apt-cache policy "$package" | grep -q '^  Candidate: [^(]' || return 1
  done
}

# Refreshing the lists takes long: only when they do not know a package, or know a version that is gone.
if has_candidates && install_missing; then
  :
elif apt update && install_missing; then
  :
else
  die 1 "apt-get could not install $missing (see above)." "apt-get n’a pas pu installer $missing (voir plus haut)."
fi

# Ours to switch off only when we brought it: one that was here before belongs to the administrator.
disable() {
  case $brought in
    *" $1 "*) ;;
    *) return 0 ;;
  esac
  command -v systemctl >/dev/null || return 0
  systemctl --quiet disable "$2" >&2 || say "Debian's service $2 could not be disabled." \
    "Le service $2 de Debian n’a pas pu être désactivé."
}
disable nginx nginx
disable bind9 named
disable slapd slapd
disable fail2ban fail2ban
