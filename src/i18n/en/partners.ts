/** Messages of partners and the certificates shown to them: code → text; `{name}` stands for a value. */
export const partners = {
  'value.url.partner': '"{value}" is not an https URL of a host and a path, without a query or a login',
  'value.socket':
    '"{value}" is not an absolute path of a unix socket: up to 107 letters, digits and . _ @ + - /',
  'value.pin': '"{value}" is not a pin: sha256/ and the base64 digest of a public key',
  'partner.key.unknown': 'unknown key "{key}" in partner "{name}"',
  'partner.key.missing': 'partner "{name}" lacks the key "{key}"',
  'partner.name':
    '"{value}" cannot name a partner: callers ask for it in a path, so write small letters, digits and hyphens',
  'partner.callers.missing': 'nobody may call partner "{name}"',
  'partner.callers.missing.hint': 'write callers: the hosts, zones or networks that may, or a socket',
  'partner.callers.everyone': '"{name}" is everyone: a partner is for callers of the inside',
  'partner.callers.everyone.hint': 'name the hosts that call it',
  'partner.callers.address': 'host "{name}" has no address: callers are known by it',
  'partner.callers.address.hint': 'give it its address, not a DNS name',
  'partner.healthy.path':
    'what shows that partner "{name}" works may not be asked for: GET and this path must be allowed',
  'partner.listen.public': 'partners would be called at {address}, which is not an address of the inside',
  'partner.listen.public.hint': 'name a private address of the gateway’s machine',
  'partner.listen.missing':
    'callers come from {network}, but the gateway’s machine is described without a private address to be called at',
  'partner.listen.missing.hint':
    'write gateway: partners: listen, or the address of the host with the role gateway',
  'partner.port': 'port {port} is where the publications are: partners need another one',
  'partner.socket.folder': 'the folder {folder}, for the socket of partner "{name}", is not there',
  'partner.socket.folder.next':
    'make it: owned by the account of the gateway, with the group of the application, mode 0750',
  'partner.socket.open':
    'everybody may enter {folder}, and would be able to call partner "{name}" at its socket',
  'partner.socket.open.next': 'chmod o-rwx {folder}, and give it the group of the application',
  'tls-configuration.files':
    'TLS configuration "{name}" has a certificate of Poterne’s own CA, and files: keep one',
  'tls-configuration.server': 'TLS configuration "{name}" is for publications: it shows no certificate',
  'tls-configuration.server.hint': 'name one with certificate and key',

  // The files of a certificate that is shown to partners.
  'client-certificate.unreadable':
    'cannot be read from here ({reason}), so nothing is known of it yet: {file}',
  'client-certificate.form': '{file} holds no certificate in PEM',
  'client-certificate.key': '{file} holds no private key in PEM that can be read: {reason}',
  'client-certificate.passphrase': 'the key in {file} is encrypted, and no passphrase is named',
  'client-certificate.passphrase.hint': 'write passphrase: { file: … }',
  'client-certificate.mismatch': 'the key in {key} is not that of the certificate in {certificate}',
  'client-certificate.mismatch.hint': 'poterne cert match KEY CERTIFICATE shows both',
  'client-certificate.purpose':
    'the certificate in {file} is not for clients: its extended key usage has no TLS Web Client Authentication',
  'client-certificate.purpose.hint': 'ask its authority for one with clientAuth',
  'client-certificate.expired': 'the certificate in {file} has expired on {until}',
  'client-certificate.future': 'the certificate in {file} is valid from {since} on only',
  'client-certificate.expiring': 'the certificate in {file} expires on {until}, in {days} {days|day|days}',
  'client-certificate.expiring.hint': 'have it renewed, put the new files in place, and apply',

  'change.partner.add': 'let {who} call partner {name} ({url})',
  'change.partner.remove': 'end calls of partner {name}',
  'flow.partner': '{who} calls partner {name}',
  'flow.partner.out': 'partner {name} is called through the gateway',
  'assertion.flow.partner': '{from} reaches {to} on port {port}, because {who} calls partner {name}',
  'assertion.flow.partner.out':
    '{from} reaches {to} on port {port}, because partner {name} is called through the gateway',

  'promise.partner.answers':
    'From {vantage}, a call of partner "{name}" is answered with {status}: GET {path}.',
  'promise.partner.reaches': 'From {vantage}, a call of partner "{name}" comes through to it: GET {path}.',
  'promise.partner.refuses': 'From {vantage}, which is no caller of it, partner "{name}" cannot be called.',
  'promise.partner.certificate':
    'Partner "{name}" shows a trusted certificate for {host}, valid for at least {days} {days|more day|more days}, over TLS 1.2 or 1.3.',
  'promise.partner.client':
    'The certificate that is shown to partner "{name}" is for clients, and valid for at least {days} {days|more day|more days}.',
  'up.partner.shut': 'calls of partner "{name}" are refused: none of its pinned keys was seen',
  'up.partner.open': 'partner "{name}" shows a pinned key: calls go on',
  'status.partner': 'partner',
  'status.partner.shown': 'certificate shown',
  'status.partner.pins': 'pinned key',
  'status.partner.unseen': 'not looked at yet: calls refused',
  'status.partner.open': 'seen {at}',
  'status.partner.shut': 'not seen: calls refused',
  'status.partner.seen': 'Partner {name}, looked at {at}: {seen}',
  'status.partner.refused':
    'Last call of {name} that was not answered by it: {at}, {caller} {method} {path} ({why})',
  'verify.partner.uncalled': 'Not tried: a call of partner "{name}", which is not called from here.',
  'verify.partner.uncalled.from':
    'Not tried: a call of partner "{name}"; poterne verify --from {from} does it.',
  'partner.look': 'pinned partners could not be looked at ({reason})',
  'seen.partner.answered': 'status {status} of the partner',
  'seen.partner.status': 'status {status} instead of {wanted}',
  'seen.partner.unreachable':
    'the gateway answers {status} ({error}): the partner is not reached, or one of the two refuses the other’s certificate',
  'seen.partner.refused': 'the gateway refuses the call ({error})',
  'seen.partner.let-in': 'the gateway lets the call through, with status {status}',
  'seen.partner.denied': 'refused with 403 ({error})',
  'seen.partner.certificate': '{protocol}, valid until {until} ({days} {days|day|days}), chain: {chain}',
  'seen.partner.pin': 'none of the keys in the chain is pinned; those seen: {pins}',
  'seen.partner.client': 'valid until {until} ({days} {days|day|days}), serial {serial}, issued by {issuer}',
  'seen.partner.client.unreadable': 'cannot be read: {reason}',
  'seen.partner.client.purpose': 'its extended key usage has no TLS Web Client Authentication',
} as const;
