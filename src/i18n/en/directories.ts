/** Messages of directories of people: code → text; `{name}` stands for a value. */
export const directories = {
  // Faults of LDAP and Active Directory.
  'directory.down': 'no server of the directory {directory} answers ({server}: {reason})',
  'directory.down.next':
    'nobody signs in through it meanwhile; see what each server says: poterne directory test {directory}',
  'directory.unreachable': 'the server {server} of the directory {directory} cannot be reached: {reason}',
  'directory.unreachable.next':
    'see whether it is on, its name, and whether this machine may reach that port',
  'directory.silent': 'the server {server} of the directory {directory} does not answer in time: {reason}',
  'directory.silent.next': 'see whether it is well; the next server is asked meanwhile',
  'directory.certificate':
    'the certificate of the server {server} of the directory {directory} is not trusted: {reason}',
  'directory.certificate.next':
    'no password was sent; use the name that its certificate has, and "trust: { ca: … }" with the authority that signs it',
  'directory.tls':
    'the server {server} of the directory {directory} offers no TLS there that can be used: {reason}',
  'directory.tls.next':
    'no password was sent; ldaps:// is for its TLS port (636), ldap:// for StartTLS on its plain one (389)',
  'directory.bind':
    'the server {server} of the directory {directory} refuses Poterne’s own account {user}: {reason}',
  'directory.bind.next':
    'correct the user of "bind", or the password in its file, and see that the account is not locked',
  'directory.base': 'the server {server} of the directory {directory} has nothing at "{base}": {reason}',
  'directory.base.next': 'correct "base" (and "group-base"): the DN below which people are',
  'directory.refused': 'the server {server} of the directory {directory} refuses the question: {reason}',
  'directory.refused.next': 'see the rights of the account {user} there, and "filter"',
  'directory.ca': 'the authority {file} of the directory’s servers cannot be read: {reason}',
  'directory.ca.next': 'it must be a PEM file that Poterne’s account can read',

  // Faults of OpenID providers.
  'openid.unreachable': 'the provider {issuer} of the directory {directory} cannot be reached: {reason}',
  'openid.unreachable.next': 'see whether it is on, and whether this machine may reach it',
  'openid.certificate':
    'the certificate of the provider {issuer} of the directory {directory} is not trusted: {reason}',
  'openid.certificate.next':
    'nothing was sent; use the name that its certificate has, and "trust: { ca: … }" if an authority of your own signs it',
  'openid.client':
    'the provider {issuer} of the directory {directory} refuses Poterne as "{client}": {reason}',
  'openid.client.next': 'correct "client-id", and the secret in the file of "client-secret"',
  'openid.answer':
    'the provider {issuer} of the directory {directory} answers what cannot be taken: {reason}',
  'openid.answer.next': 'see that "issuer" is exactly as it says it itself, and what its log says',
  'openid.login':
    'the provider {issuer} of the directory {directory} does not say what the person is called: no usable claim "{login}"',
  'openid.login.next':
    'choose another with "login-claim", or have the provider give it (scope "profile" or "email")',
  'openid.overage':
    'the provider {issuer} of the directory {directory} leaves out the groups of a person who is in too many',
  'openid.overage.next':
    'have it give only the groups that are assigned to the application, or roles ("groups-claim: roles")',

  // poterne directory.
  'directory.about': 'whether the directories of people answer as described',
  'directory.test.about':
    'ask each server of a directory: reached, trusted, bound, people, groups; and about a person',
  'directory.test.usage': '<name> [login] [options]',
  'directory.test.name': 'the directory’s name in the description',
  'directory.test.login': 'somebody to look up: no password is asked for',
  'directory.known': 'the description has: {known}',
  'directory.test.server':
    '{server}: {milliseconds} ms, {protocol}, certificate until {ends}; {count} {count|person|people} under {base}',
  'directory.test.group': 'group {ours}: {dn}',
  'directory.test.group.none': 'group {ours}: there is no "{theirs}" there, or several',
  'directory.test.person.none': 'nobody is called "{login}" there (or several are): see "base" and "filter"',
  'directory.test.person.good': '{id} may sign in ({dn})',
  'directory.test.person.disabled': '{id} is disabled ({dn})',
  'directory.test.person.expired': '{id} has expired ({dn})',
  'directory.test.person.locked': '{id} is locked for a while, by wrong passwords ({dn})',
  'directory.test.person.must-change': '{id} must change their password first ({dn})',
  'directory.test.person.hours': '{id} may not sign in at this hour ({dn})',
  'directory.test.person.groups': 'groups: {groups}; from, there:',
  'directory.test.issuer': '{issuer}: answers in {milliseconds} ms, trusted',
  'directory.test.pkce': 'PKCE (S256)',
  'directory.test.logout': 'signing out here signs out there',
  'directory.test.backChannel': 'signing out there signs out here',
  'directory.test.register': 'The provider must know, for the client {client}:',
  'directory.test.provider': '{name} is a provider: it cannot be asked about people',
  'directory.test.provider.next':
    'poterne directory test {name}, without a login; then sign in at the portal',
} as const;
