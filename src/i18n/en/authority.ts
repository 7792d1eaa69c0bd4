/** Messages of Poterne's own certification authority: code → text; `{name}` stands for a value. */
export const authority = {
  // Findings.
  'authority.key.unknown': 'unknown key "{key}" in authority',
  'authority.lifetime':
    'certificates of servers are valid from {least} to {most} days: browsers and phones refuse longer ones',
  'authority.at': 'nothing is published as "{name}"',
  'authority.at.hint': 'one of: {names}',
  'authority.name': 'the authority may not sign "{name}"',
  'authority.name.hint':
    'add its domain to the names of authority, or give the publication another certificate',
  'value.suffix': '"{value}" is no DNS name: write example.fr, which stands for all names below it too',

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

  // Commands and what they may meet.
  'authority.name.common': '"{name}" reads as a DNS name that the authority may not sign',
  'authority.name.common.next':
    'clients that check names would refuse it: write a name with a space or an @ ("Jean Dupont", jean.dupont@example.fr), or one without a dot',
  'authority.ask': 'the authority did not answer as expected: {reason}',
  'authority.ask.next':
    'see that this version of Poterne is on the gateway too ("poterne apply" brings it), and that its authority is whole: poterne cert authority',
  'authority.flat':
    'the root of this authority signs certificates itself: without its key nothing could be renewed',
  'authority.flat.next': 'only an authority with an issuing certificate can do without its root',
  'authority.unused': 'this authority has not signed anything yet',
  'authority.unused.next': 'apply a description first',
  'authority.names.open':
    'the description does not say which names the authority may sign: without its root, no new name could be published',
  'authority.names.open.next':
    'write "authority: { names: [example.fr] }" with the domains that you will ever publish, and apply',
  'authority.root.other': 'this key is not that of the root',
  'authority.root.other.next': 'take the file that "cert authority export" wrote for this authority',
  'authority.root.there': 'the root’s key is on {host}, and does not travel over a network',
  'authority.root.there.next': 'run this on that machine, as root',
  'authority.root.file': '{file} cannot be read: {reason}',
  'authority.unlockable': 'this machine has no key to lock the root’s with',
  'authority.unlockable.next': 'give a file with POTERNE_MACHINE_KEY',
  'cert.revoke.unknown':
    'no valid certificate of this authority is called "{what}", nor has that serial number',
  'cert.revoke.unknown.next': 'poterne cert list --issued shows all that it signed',
  'cert.csr.form': '{file} is no certificate signing request: {reason}',
  'cert.csr.form.next': 'PKCS#10 is wanted, in PEM or DER: openssl req -new -key KEY -out FILE',
  'cert.csr.signature': 'the request in {file} is not signed by its own key',
  'cert.csr.signature.next': 'make it again with the key that it is about',
  'cert.csr.key': 'the key of the request in {file} is not accepted: {reason}',
  'cert.csr.key.next':
    'make one with ECDSA P-256 or P-384, or RSA of 3072 bits at least and the exponent 65537',
  'cert.p12.failed': 'openssl could not make the PKCS#12 file: {reason}',
  'cert.out.there': '{file} is there already',
  'cert.out.there.next': 'write elsewhere with --out, or over it with --force',
  'cert.out.unwritten': '{file} cannot be written: {reason}',
  'cert.out.unwritten.next': 'choose a place where you may write, with --out',
  'cert.passphrase.where': 'nobody would see the passphrase: this is no terminal',
  'cert.passphrase.where.next': 'name a file for it with --passphrase-file; it is made if it is not there',
  'cert.issue.name.form': `"{name}" cannot be the name of a certificate: 64 letters, digits, spaces and . @ _ + ' - at most`,
  'cert.issue.for.missing': 'say what the certificate is for: --for server, client or both',
  'cert.issue.csr.format': 'whoever made the request has its key: there is none to put into a PKCS#12 file',
  'cert.issue.san.form': '"{value}" is no name that a certificate can have',
  'cert.issue.san.form.next': 'write a DNS name, an address, email:… or uri:…',
  'cert.issue.days.form': '"{value}" is no number of days from 1 to {most}',
  'cert.ask.about': 'what other accounts and machines ask of the authority',
  'cert.ask.request': 'what is asked, in JSON; - reads it',
  'cert.issue.about': 'have Poterne’s own authority sign a certificate',
  'cert.issue.name': 'whom or what it is for; issued again under the same name, it is a renewal',
  'cert.issue.for': 'what it may be used for',
  'cert.issue.csr': 'sign the key of this request (PKCS#10); what else it asks for does not count',
  'cert.issue.san': 'a name that it is valid for: DNS name, address, email:…, uri:…; may be repeated',
  'cert.issue.days': 'how long it is valid (default: 365)',
  'cert.issue.key': 'the key that is made',
  'cert.issue.format':
    'pem: chain and key in two files; p12: one sealed file, for phones and browsers; p12-aes: the same with AES-256, which old importers refuse',
  'cert.issue.out': 'where it is written (default: NAME.pem or NAME.p12, here)',
  'cert.issue.passphrase':
    'the passphrase of a sealed file is in this file, which is made if it is not there',
  'cert.issue.renew': 'as the last one of this name: purpose, names, time',
  'cert.issue.force': 'write over files that are there',
  'cert.issue.done': '{name}: certificate for {purpose}, until {until}, serial number {serial}',
  'cert.issue.file': 'certificate: {file}',
  'cert.issue.key.file': 'key: {file}',
  'cert.issue.passphrase.shown': 'passphrase, shown only now: {passphrase}',
  'cert.issue.passphrase.file': 'passphrase: in {file}',
  'cert.issue.next.pem':
    'give both to the program that shows the certificate; whoever verifies it needs root.pem of the authority',
  'cert.issue.next.p12':
    'send file and passphrase by different ways; docs/authority.md says how each system imports it',
  'cert.purpose.word.server': 'a server',
  'cert.purpose.word.client': 'a client',
  'cert.purpose.word.both': 'a server and client',
  'cert.revoke.about': 'take certificates of Poterne’s own authority back',
  'cert.revoke.what': 'a serial number, or a name: all of that name',
  'cert.revoke.reason': 'why; stands in the published list',
  'cert.revoke.done': 'revoked: {name}, serial number {serial}',
  'cert.revoke.gateway.heeds':
    'the gateway refuses it from now on, where it asks for certificates of this authority',
  'cert.revoke.gateway.stopped': 'no gateway runs here: the list is heeded when it is started',
  'cert.revoke.gateway.failed': 'the gateway could not apply the new list: see "poterne status"',
  'cert.authority.about': 'how Poterne’s own authority stands; take its root off the machine, and back',
  'cert.authority.usage': '[options] [export|import]',
  'cert.authority.role': '',
  'cert.authority.subject': 'subject',
  'cert.authority.until': 'until',
  'cert.authority.key': 'key',
  'cert.authority.root': 'root',
  'cert.authority.issuing': 'issuing',
  'cert.authority.key.encrypted': 'here, encrypted',
  'cert.authority.key.unencrypted': 'here, not encrypted',
  'cert.authority.key.away': 'not on this machine',
  'cert.authority.fingerprint': 'SHA-256 of the root: {fingerprint}',
  'cert.authority.flat': 'An authority of before: its root signs certificates itself.',
  'cert.authority.limits': 'May sign: {names}',
  'cert.authority.waits': 'The description wants it to sign others ({names}): bring the root back.',
  'cert.authority.published': 'Revocations: {base}/.well-known/poterne/',
  'cert.authority.counts': 'Signed: {issued} certificates, of which {revoked} revoked.',
  'cert.authority.machine-key': 'What unlocks its keys: {file}',
  'cert.authority.unencrypted':
    'A key is not encrypted: this machine has no key to do so, or nothing was applied since.',
  'cert.authority.export.about': 'write the root’s key, encrypted, to a file to be kept elsewhere',
  'cert.authority.export.file': 'where, such as a USB stick',
  'cert.authority.export.remove': 'take the key off this machine once it is written',
  'cert.authority.exported': 'the root’s key is in {file}',
  'cert.authority.removed':
    'it is no longer on this machine; bring it back before {until}, and when the authority is to sign other names',
  'cert.authority.import.about': 'bring the root’s key back, and have it sign what waits for it',
  'cert.authority.import.file': 'the file that export wrote',
  'cert.authority.imported': 'the root’s key is here again, and has signed what waited for it',
} as const;
