/** Messages of TLS configurations for publications: code → text; `{name}` stands for a value. */
export const tls = {
  'value.header': '"{value}" is not a header name: write letters, digits and hyphens',
  'value.url.http': '"{value}" is not a plain http:// URL without a query',
  'tls-configuration.key.unknown': 'unknown key "{key}" in TLS configuration "{name}"',
  'tls-configuration.key.missing': 'TLS configuration "{name}" lacks the key "{key}"',
  'tls-configuration.unknown': 'there is no TLS configuration "{name}"',
  'tls-configuration.unused': 'nothing uses the TLS configuration "{name}"',
  'tls-configuration.empty': 'TLS configuration "{name}" says nothing',
  'tls-configuration.empty.hint':
    'for a publication write client-certificate and authorities; for a partner, certificate and key',
  'tls-configuration.mixed':
    'TLS configuration "{name}" asks for certificates ("{server}") and shows one ("{client}")',
  'tls-configuration.mixed.hint': 'write two configurations: one for publications, one for partners',
  'tls-configuration.client':
    'TLS configuration "{name}" is for partners: it asks no client for a certificate',
  'tls-configuration.client.hint': 'name one with client-certificate and authorities',
  'tls-configuration.direct':
    'publication "{name}" is direct: the service opens TLS itself, and only it can ask for certificates',
  'tls-configuration.several':
    'publication "{name}" has two TLS configurations: when a certificate is asked for, no path is known yet',
  'tls-configuration.twice': 'the publication as a whole has the TLS configuration "{name}" already',
  'tls-configuration.lists':
    'TLS configuration "{name}" accepts Poterne’s own CA, which has a revocation list, and others without one',
  'tls-configuration.lists.hint':
    'name the revocation lists of the others under crl: nginx wants one of each',
  'tls-configuration.header.reserved': 'the header "{header}" belongs to the gateway or to HTTP itself',
  'tls-configuration.header.twice': 'the header "{header}" would tell two things',
  'tls-configuration.bypass':
    'service "{service}" believes what the gateway tells of certificates, and publication "{name}" leads visitors to it directly: there they can tell it what they like',

  // Files that say whose certificates are accepted.
  'trust.unreadable': '{file} cannot be read ({reason})',
  'trust.empty': '{file} holds no certificate',
  'trust.broken': '{file} holds a broken certificate ({reason})',
  'trust.leaf': '“{name}” in {file} is no authority: it may sign no certificate',
  'trust.leaf.hint': 'name the certificate of the authority that signed it',
  'trust.root.missing':
    '“{name}” in {file} was signed by “{issuer}”, whose certificate is not there: no chain would end, and nobody get in',
  'trust.expired': '“{name}” in {file} expired on {until} UTC: no certificate from it gets in',
  'trust.crl.empty': '{file} holds no revocation list',
  'trust.crl.broken': '{file} holds a broken revocation list ({reason})',
  'trust.crl.missing': 'no revocation list of “{name}” ({file}) is named',
  'trust.crl.missing.hint':
    'add the list of “{name}” to crl: nginx refuses every certificate whose chain lacks one',
  'trust.crl.expired':
    'the revocation list in {file} ended on {until} UTC: until there is a new one, nobody gets in',
  'trust.crl.soon': 'the revocation list in {file} ends on {until} UTC, and nobody gets in after that',

  'promise.client.none': '{url} is shut to whoever shows no client certificate.',
  'promise.client.impostor':
    '{url} is shut to a certificate of an authority that only calls itself like that of “{configuration}”.',
  'promise.client.expired': '{url} is shut to an expired client certificate.',
  'promise.client.revoked': '{url} is shut to a revoked client certificate.',
  'promise.client.right': '{url} is open to a right client certificate of “{configuration}”.',
  'seen.client.handshake': 'refused in the TLS handshake ({reason})',
  'seen.client.refused': 'refused with {status} by the gateway itself',
  'seen.client.accepted': 'let in (status {status})',
  'seen.client.let-in': 'the answer is {status}, and not the gateway’s refusal',
  'advice.client.let-in':
    'Cut the publication (take it out of the description and apply) until it is known why: somebody may be in.',
  'seen.client.shut-out': 'the right certificate of “{configuration}” is refused',
  'advice.client.shut-out':
    'Has its revocation list ended, or the certificate itself? `poterne check` says what is wrong in the files.',
  'seen.certificate.usage':
    'it is not for servers: its extended key usage lacks TLS Web Server Authentication',
  'advice.certificate.usage': 'Have it issued for servers (serverAuth).',
  'seen.revocation.refused': 'it says that {url} tells whether it is revoked, and nothing listens there',
  'advice.revocation.refused':
    'Is what publishes the list running? Some clients refuse what they cannot ask about.',
  'seen.revocation.wrong':
    'it says that {url} tells whether it is revoked; what comes back is no list ({seen})',
  'advice.revocation.wrong':
    'Publish the list there, or have the certificate issued with the right place in it.',
  'seen.client.none': 'there is no certificate of “{configuration}” here to try it with',
  'advice.client.none':
    'Prove it on the gateway, after `poterne apply`, or name a certificate and its key under `probe`.',
  'client-proof.none':
    'Not tried at {name}: a right, an expired and a revoked certificate of the authority in "{configuration}". Only that authority can make them.',
  'client-proof.right': 'Not tried at {name}: a right certificate for "{configuration}".',
  'client-proof.expired':
    'Not tried at {name}: an expired certificate of the authority in "{configuration}". Only that authority has one.',
  'client-proof.revoked':
    'Not tried at {name}: a revoked certificate of the authority in "{configuration}". Only that authority can revoke one.',
  'client-proof.unrevocable':
    'Not promised at {name}: that a revoked certificate is refused. "{configuration}" has neither crl nor ocsp.',
  'client-proof.hint': 'name them under probe: certificate and key; expired and revoked, with theirs',
  'client-proof.unrevocable.hint': 'write crl: the list of the authority',
  'client-proof.file.unreadable': 'cannot be read from here ({reason}), so proofs cannot show it: {file}',
  'client-proof.file.form': 'the certificate for proofs ({kind}) is no certificate in PEM',
  'client-proof.file.key': 'the key for proofs ({kind}) is not that of the certificate, or cannot be read',
  'client-proof.file.authority':
    'the certificate for proofs ({kind}) is of none of the authorities: its refusal would prove nothing',
  'client-proof.file.dates': 'the certificate for proofs ({kind}) is not valid now',
  'client-proof.file.ended': 'the certificate for proofs ({kind}) has not expired',
  'client-proof.file.unlisted': 'the certificate for proofs ({kind}) is on none of the revocation lists',
} as const;
