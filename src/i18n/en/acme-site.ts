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
  'acme.shared.busy': 'another gateway has the right to order the certificate for {names} now',
  'acme.shared.busy.next':
    'what it obtains is served here too, within seconds; after a failure all wait for the same time',
  'acme.shared.store': 'gateways share certificates in the store, and there is none',
  'acme.shared.store.hint': 'add store: { postgres: … }, or remove shared',

  // The plan.
  'flow.acme': 'the gateway asks {server} for certificates',
  'flow.acme.dns': 'the gateway shows by records in the DNS that names are its own',
  'change.certificate.order': 'a certificate for {names} will be asked of {server}',
  // Orders and renewals.
  'acme.unproved': 'the certificate that was issued for {names} is not used: {reason}',
  'acme.unproved.next':
    'the earlier one serves on; it is asked for again later. Is the clock of this machine right?',
  'acme.unserved': 'nginx does not take the new certificate for {names}',
  'acme.unserved.next': 'the earlier one serves on; "poterne status" shows what nginx says',
  'acme.renew.none': 'nothing is served here that has a certificate over ACME',
  'acme.renew.unknown': 'no certificate over ACME is for "{name}"; there are: {known}',
  'acme.renew.ended': 'the daemon ended before the certificates were looked after',
  'cert.renew.about': 'renew the certificates over ACME that are due, or rehearse it',
  'cert.renew.usage': '[name] [options]',
  'cert.renew.name': 'only the certificate that holds this name',
  'cert.renew.dry-run': 'rehearse: everything but what serves, against the staging directory',
  'cert.renew.force': 'also what is not due',
  'cert.renew.renewed': '{names}: renewed, valid until {until}',
  'cert.renew.kept': '{names}: not due; valid until {until}, renewed around {next}',
  'cert.renew.issued':
    '{names}: {server} would renew it: a rehearsal certificate was issued, proved and thrown away',
  'cert.renew.validated': '{names}: {server} would renew it: it validated the names, and nothing was issued',
  'cert.renew.failed': '{names}: not renewed',
  'cert.renew.failed.kept':
    '{names}: not renewed; the one that serves is valid until {until}; it is tried again {next}',
  'cert.renew.failed.early':
    '{names}: not renewed; the one that serves is valid until {until} and not due before {next}: until then it is tried again when you ask',
  'apply.certificates.awaited':
    'Still to be obtained: the certificates for {names}. Until then their https handshakes are refused.',
  'apply.certificates.ordered': 'The gateway orders them by itself; "poterne status" shows how far it is.',
  'apply.certificates.order':
    'Nobody orders them while "poterne up" does not run: "poterne cert renew" does it now.',
  // Status.
  'status.acme.awaited': 'to be obtained',
  'status.acme.failing': 'not obtained',
  'status.hours': '{hours} {hours|hour|hours} left',
  'status.acme.failed': '{names}: {reason} ({times} {times|time|times} in a row; next attempt {next})',
} as const;
