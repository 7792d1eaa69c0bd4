/** Messages of people, access over SSH and the audit log: code → text; `{name}` stands for a value. */
export const access = {
  // What the description says.
  'person.key.unknown': 'unknown key "{key}" in person "{name}"',
  'person.key.missing': 'person "{name}" lacks "{key}"',
  'rule.key.unknown': 'unknown key "{key}" in a rule of access',
  'rule.key.missing': 'a rule of access lacks "{key}"',
  'bastion.key.unknown': 'unknown key "{key}" in the bastion',
  'bastion.key.missing': 'the bastion lacks "{key}"',
  'value.public-key':
    '"{value}" is not a public SSH key as a .pub file has it: ed25519, ecdsa, a security key (sk-…), or RSA of 2048 bits at least',
  'value.day': '"{value}" is not a day: write 2026-12-31',
  'value.account': '"{value}" is not an account: letters, digits, _ and -, 32 at most, no digit first',
  'person.unknown': 'no person is called "{name}"',
  'person.group.unknown': 'no person is in a group "{name}"',
  'person.name': '"{name}" cannot be an account on the bastion',
  'person.name.hint':
    'small letters, digits, _ and -, 31 at most, no digit first; names as people write them go into "name:"',
  'person.name.taken': '"{name}" is an account that machines have, or that Poterne logs in with',
  'person.name.taken.hint': 'give the person another name',
  'person.key.twice': 'this key of "{name}" is registered already: it could not be told who comes',
  'selector.fact.described': '"{key}:" is what hosts tell of themselves: no access is given on their word',
  'selector.fact.described.hint': 'put the hosts into a group, and write group:NAME',
  'access.nobody': 'nobody is named',
  'access.nobody.hint': 'name "people", "groups" of people, or both',
  'access.none': '"{to}" selects no host',
  'access.host.unmanaged':
    'Poterne does not act on these hosts, so that they trust nobody whom the bastion sends: {hosts}',
  'access.host.unmanaged.hint': 'give them "ssh"',
  'access.bastion.missing': 'there is no bastion through which people would go',
  'access.bastion.missing.hint': 'add "bastion: {}": it is the gateway then',
  'bastion.host.unmanaged': 'the bastion "{name}" is no host that Poterne acts on',
  'bastion.host.unmanaged.hint': 'give it "ssh", or name another host with "host"',
  'bastion.certificates': 'a person’s certificate is valid between a minute and a day: write 1m to 24h',
  'bastion.authority.missing':
    'the bastion lacks "{key}": access is not set up, and hosts are left as they are',
  'bastion.authority.missing.hint':
    'run "poterne ssh authority" on {host}, and copy the lines that it prints',
  'bastion.authority.same': 'one key signs for people and for hosts: whoever holds a host could be a person',
  'bastion.login.missing': 'with static-keys off, host "{name}" must say which account Poterne logs in with',
  'bastion.login.missing.hint': 'add "user"',
  // Why somebody may not enter.
  'entry.person.unknown': 'no person is called "{person}"',
  'entry.person.ended': 'the access of {person} ended with {until}',
  'entry.host.unknown': 'no host is called "{host}"',
  'entry.none': 'no rule lets {person} into {host}',
  'entry.account': 'no rule lets {person} into {host} as {account}',
  'entry.kind.shell': '{person} may only bring and fetch files on {host} as {account}',
  'entry.kind.files': '{person} may not bring or fetch files on {host} as {account}',
  'entry.hours': '{person} may enter {host} as {account} at other hours only',
  'entry.bastion': 'the description has no bastion',
  // The audit log.
  'audit.unwritable':
    'the audit log in {folder} cannot be written ({reason}): nothing is done that it would not tell',
  'audit.unwritable.next': 'make room on the disk, or give the folder to the account that runs this',
  // The SSH authority.
  'ssh.keygen.failed': 'ssh-keygen failed: {reason}',
  'ssh.authority.missing': 'there is no SSH authority in {folder}',
  'ssh.authority.missing.next': 'make it with: poterne ssh authority',
  'ssh.authority.unreadable': 'the SSH authority in {folder} cannot be read ({reason})',
  'ssh.authority.unreadable.next': 'only root and the account of the bastion may: use sudo',
  'ssh.revoked': 'the access of {person} is revoked',
  'ssh.revoked.next': 'give it back with: poterne ssh revoke --undo {person}',
  'ssh.about': 'access to machines through the bastion',
  'ssh.authority.about':
    'make the SSH authority of this machine, if there is none, and print what the description needs of it',
  'ssh.authority.made':
    'The SSH authority was made in {folder}. Back that folder up: its keys are nowhere else.',
  'ssh.authority.there': 'The SSH authority is in {folder}.',
  'ssh.authority.copy': 'copy these lines into the description, then: poterne apply',
  'ssh.account.failed': 'the account {account} cannot be made: {reason}',
} as const;
