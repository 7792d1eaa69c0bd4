/** Messages of Poterne's own certification authority: code → text; `{name}` stands for a value. */
export const authority = {
  // Keys at rest.
  'key.secret.weak': 'the secret that is to unlock keys is too short: {length} characters at least',
  'key.secret.weak.next': 'make one with "openssl rand -base64 32"',
  'key.locked':
    'the private key {file} cannot be unlocked: the machine’s key is not the one that locked it, or the file is damaged',
  'key.locked.next':
    'put the machine’s key back from a backup (/etc/poterne/machine.key, or the file that POTERNE_MACHINE_KEY names)',

  // The authority.
  'authority.key.missing': 'the private key {file} is not on this machine',
  'authority.key.missing.root': 'bring the root back: poterne cert authority import FILE',
  'authority.key.missing.issuing': 'put the authority’s folder back from a backup',
  'authority.key.other': 'the private key {file} does not belong to the certificate beside it',
  'authority.key.other.next': 'put both back from the same backup',
  'authority.name.forbidden': '"{name}" is not among the names that the authority may sign',
  'authority.name.forbidden.next':
    'add it to "authority: names" of the description and apply; where the root is away, bring it back first: poterne cert authority import FILE',
  'cert.revoked.already':
    'no certificate {serial} of this authority can be revoked: it is unknown, or revoked already',
  'cert.revoked.already.next': 'poterne cert list --issued shows all',
} as const;
