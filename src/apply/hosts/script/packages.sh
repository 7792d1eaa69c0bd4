# Debian packages of a part.

policy=/usr/sbin/policy-rc.d

# While packages are installed, their services do not start before they are configured; running ones are restarted as
# ever. A policy that the host has already is left alone.
hold_services() {
  [ ! -e "$policy" ] || return 0
  printf '%s\n' '#!/bin/sh' '# poterne-host' 'systemctl --quiet is-active "$1" && exit 0' 'exit 101' >"$policy" &&
    chmod 755 "$policy"
}

# Also what a run that was cut off left.
release_services() {
  if [ -e "$policy" ] && grep -q '^# poterne-host$' "$policy"; then rm -f "$policy"; fi
}

apt() {
  quietly env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get --quiet --yes --no-install-recommends \
    --allow-downgrades -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    -o Acquire::Retries=2 -o DPkg::Lock::Timeout="$lock_seconds" "$@"
}

# Installs packages (names, or paths of .deb files), mending what commonly stands in the way once each.
install_packages() {
  hold_services || return 1
  (umask 022 && installed "$@")
  set -- $?
  release_services
  return "$1"
}

installed() {
  lock_seconds=0
  mended=
  while ! apt install "$@"; do
    if grep -q 'Could not get lock' "$work/said"; then
      [ "$lock_seconds" = 0 ] || return 1
      say waiting dpkg
      lock_seconds=$patience
    elif grep -q 'dpkg --configure -a' "$work/said" && [ "$mended" != dpkg ]; then
      # An installation was cut off, ours perhaps.
      mended=dpkg
      quietly env DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a || return 1
    elif grep -qE 'Unable to locate package|has no installation candidate|Failed to fetch' "$work/said" &&
      [ "$mended" != lists ]; then
      mended=lists
      cp "$work/said" "$work/said.first"
      # Why the lists cannot be had is seldom what is wrong.
      apt update || { mv "$work/said.first" "$work/said" && return 1; }
    else
      return 1
    fi
  done
}
