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

# Installs packages (names, or paths of .deb files), mending what commonly stands in the way once each.
install_packages() {
  hold_services || return 1
  (umask 022 && mended_apt install --no-install-recommends --allow-downgrades "$@")
  set -- $?
  release_services
  return "$1"
}
