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
} as const;
