/** Messages of machines reached over SSH: code → text; `{name}` stands for a value. */
export const hosts = {
  'apply.host.confirmed': '{host}: confirmed over a new connection',
  'apply.host.packages': '{host}: installing {count} package(s)',
  'apply.host.part': '{host}: {part}',
  'apply.host.waits.dpkg': '{host}: another program is installing packages; waiting for it to end',
  'apply.host.waits.lock': '{host}: another Poterne is at work there; waiting for it to end',
  'apply.packages': 'the Debian packages of Poterne are built',
  'gateway.remote': 'the gateway on {host} does not serve what it was given: {reason}',
  'gateway.remote.next': 'what was last good is being served; see "journalctl -u poterne" on {host}',
  'host.cut': 'the connection to {host} was lost before all was done: {reason}',
  'host.cut.next':
    'the host ends the part it was at by itself, and puts back what nobody confirms; apply again, which does what is left',
  'host.denied': '{host} ({address}) refuses the login: {reason}',
  'host.denied.next':
    'put the public key of this account into the host’s authorized_keys; see which are offered with "ssh -v {address}"',
  'host.disk.full': 'the disk of {host} is full: {reason}',
  'host.disk.full.next': 'nothing was changed there; make room and apply again',
  'host.dpkg.locked': 'another program has been installing packages for too long',
  'host.garbled': 'what {host} received is not what was sent: {reason}',
  'host.garbled.next': 'nothing was changed there; apply again',
  'host.identity.changed': '{host} ({address}) shows another host key than the known one',
  'host.identity.changed.next':
    'somebody may stand in between: nothing was sent. If the host was installed anew, compare "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on its console, then correct its key in the description or known_hosts ("ssh-keygen -R {address}")',
  'host.identity.unknown': 'the host key of {host} ({address}) is not known: {reason}',
  'host.identity.unknown.next':
    'describe its key, or log in once by hand with "ssh {address}" and compare it with "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on its console',
  'host.locked': 'another Poterne has been at work on {host} for too long',
  'host.locked.next': 'see what it is at with "fuser -v /var/lib/poterne-host" on the host',
  'host.part.account': 'account {what} cannot be made',
  'host.part.action': 'this failed: {what}',
  'host.part.arm': 'the host cannot be made to put this back by itself; it was not touched',
  'host.part.check': 'refused by: {what}',
  'host.part.folder': 'folder {what} cannot be made',
  'host.part.full': 'the disk is full',
  'host.part.packages': 'these packages cannot be installed: {what}',
  'host.part.place': '{what} cannot be written',
  'host.part.unit': 'unit {what} does not get into its state',
  'host.program.missing': 'the program "{program}" is not installed on {host}',
  'host.refused': '{engine} of {host} refuses this: {text}',
  'host.rolled.back': '{host} has put back what was before, as nobody confirmed in time: {parts}',
  'host.rolled.back.next':
    'see that the new configuration lets you in, or give it more seconds, and apply again',
  'host.sudo.refused': 'sudo refuses {user} on {host}: {reason}',
  'host.sudo.refused.next':
    'allow it without a password, e.g. "{user} ALL=(ALL) NOPASSWD: ALL" in a file of /etc/sudoers.d made with visudo; or log in as root',
  'host.unconfirmed': 'no new connection to {host} can be made since this changed: {parts}',
  'host.unconfirmed.here':
    'nobody said that {host} can still be entered: it puts back what was before within {seconds} seconds',
  'host.unconfirmed.next':
    'the host puts back what was before within {seconds} seconds, by itself; then correct the description and apply again',
  'host.unfit': '{host} cannot run what is needed: {reason}',
  'host.unfit.next': 'Debian 12 or 13 is needed there, and a login shell that runs commands',
  'host.unreachable': '{host} ({address}) cannot be reached: {reason}',
  'host.unreachable.next': 'see whether it is on, and try "ssh {address}"',
  'host.unwritable': 'nothing can be written on {host}: {reason}',
  'host.unwritable.next': 'see whether its file system became read-only, with "findmnt /var" and "dmesg"',
  'package.failed': 'the Debian packages of Poterne cannot be built: {reason}',
  'package.failed.next': 'try "npm run deb" in the folder of Poterne, which says more',
  'package.missing': 'there is no Debian package of Poterne in {folder} to bring to the gateway',
  'package.missing.next':
    'apply from a clone of Poterne; on the gateway itself, change what its service reads, then: systemctl reload poterne',
} as const;
