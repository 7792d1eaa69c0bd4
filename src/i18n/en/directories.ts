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
} as const;
