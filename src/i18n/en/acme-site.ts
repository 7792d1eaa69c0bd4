/** Messages about certificates over ACME: code → text. */
export const acmeSite = {
  // The description.
  'acme.key.unknown': 'unknown key "{key}" in acme',
  'acme.key.missing': 'acme lacks the key "{key}" here',
  'value.acme.directory': '{value} is no ACME directory: letsencrypt, letsencrypt-staging, or an https URL',
  'value.acme.server': '{value} is no name server: a name or an address, with :port if need be',
  'acme.missing':
    '"{name}" shall have its certificate over ACME, and no section "acme" says from which server',
  'acme.missing.hint': 'add for instance acme: { email: you@example.com, terms: agreed }, for Let’s Encrypt',
  'acme.unused': 'no publication has tls: acme: this section is not used',
  'acme.terms': 'an ACME server gives certificates only to those who agree to its terms of service',
  'acme.terms.hint': 'read them (a link stands in {directory}), then write terms: agreed',
  'acme.dns.both': 'rfc2136 and hook: only one of them can put records into the DNS',
  'acme.dns.empty': 'nothing says how a record gets into the DNS: rfc2136 or hook',
  'acme.dns.missing': 'names shall be validated by dns, and nothing says how a record gets into the DNS',
  'acme.dns.missing.hint':
    'validate by dns: acme: { dns: { rfc2136: { server: …, key: { file: … } } } }, or hook: [program]',
  'acme.wildcard': 'a certificate for "{name}" can only be validated by dns',
  'acme.name.private': 'no public authority certifies "{name}": it can be nobody’s on the internet',
  'acme.name.private.hint':
    'use tls: internal, or name the CA of a private ACME server: acme: { directory: …, trust: ca.pem }',
  'acme.http.port': 'names are validated on port 80, and the gateway listens on {port}',
  'acme.http.port.hint':
    'use http-port: 80, describe what forwards to it (public, public-port), or validate by dns',
  'acme.http.audience':
    'the authority asks for "{name}" over http from anywhere, and a firewall that lets in only the audience keeps it out',
  'acme.certificate.differs': 'publications that share the certificate "{name}" differ in {key}',
  'acme.shared.store': 'gateways share certificates in the store, and there is none',
  'acme.shared.store.hint': 'add store: { postgres: … }, or remove shared',

  // The plan.
  'change.certificate.order': 'a certificate for {names} will be asked of {server}',
} as const;
