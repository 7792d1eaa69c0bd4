/** Messages of the nginx engine: code → text; `{name}` stands for a value. */
export const nginx = {
  'nginx.text.control': '{value} holds a control character (a line break, a tab…), which nginx cannot take',
  'nginx.text.long': 'this text is too long for nginx: at most {count} bytes',
  'nginx.proxy-protocol.untrusted':
    'no trusted-fronts: nginx will not believe the address in the PROXY header, and every client will look like the load balancer',
  'nginx.unix.long': 'the path of the unix socket "{value}" is too long: at most {count} bytes',
  'nginx.backup.only':
    'every upstream of service "{service}" is a backup: at least one must be a regular one',
  'nginx.trust.address':
    'nginx checks an upstream’s certificate by name, not by address: write the DNS name that stands in the certificate instead of {value}',
  'nginx.host-header': '"{value}" is neither keep, nor upstream, nor a host name with an optional port',
  'nginx.path.encoded':
    '"{value}" is percent-encoded: nginx compares decoded paths, so write the characters themselves',
  'nginx.regex.named':
    'the regular expression "{value}" refers to a group by its name: refer to it by its number instead',
  'nginx.limits.burst': 'burst without requests: there is no rate to exceed, so it has no effect',
  'nginx.limits.nobody':
    '"{word}" limits where nobody signs in: there is nobody to count so; let the audience be rules, or limit addresses',
  'nginx.upload.regex':
    'upload is by the name that TLS is asked for: a connection to "{name}", a regular expression, cannot be slowed down',
  'nginx.upload.fronts':
    'upload slows a connection down, and those of this load balancer are many visitors’: it must speak the PROXY protocol',
  'nginx.direct.word':
    'publication "{name}" is direct: its connections are passed on unread, so that "{word}" has no effect',
  'nginx.direct.service':
    'service "{service}" is only reached directly: its connections are passed on unread, so that "{word}" has no effect',
  'nginx.direct.fronts':
    'behind a load balancer, names can be passed through only when it speaks the PROXY protocol: nothing else tells the client’s address before TLS is opened',
  'nginx.direct.fronts.hint': 'write proxy-protocol: true, and have the load balancer pass TLS through',
  'nginx.header.name': '"{name}" is not a header name',
  'nginx.header.reserved': 'the header "{name}" belongs to the gateway and cannot be added',
  'nginx.header.twice': 'the header "{name}" is added twice',

  'promise.resolves': 'The name {name} leads to an address that accepts connections.',
  'promise.listens': '{name} accepts connections on port {port}.',
  'promise.certificate.acme':
    '{name} shows a trusted certificate in its name, valid for at least {days} {days|more day|more days} (or a sixth of its lifetime, where that is less).',
  'promise.certificate':
    '{name} shows a trusted certificate in its name, valid for at least {days} {days|more day|more days}.',
  'promise.tls-versions': '{name} speaks TLS 1.2 or 1.3, and refuses TLS 1.0 and 1.1.',
  'promise.redirects': '{from} leads to {to}, whatever the path.',
  'promise.sign-in-page': '{url} shows where people sign in.',
  'promise.answers': '{url} shows {title} (status {status}).',
  'promise.answers.contains': '{url} shows {title} (status {status}, contains “{contains}”).',
  'promise.sign-in': '{url} is shut to whoever has not signed in.',
  'promise.portal': '{url} leads a browser to {portal}, to sign in.',
  'promise.reaches': '{url} leads to {title}, which answers.',
  'promise.headers': '{url} answers with the headers {headers}.',
  'promise.streams': '{url} streams the events of {title} as they happen.',
  'promise.echoes': '{url} opens a WebSocket to {title} and answers “{contains}”.',
  'promise.refuses-host.https': 'A connection made for {name} gets nothing when it then asks for {host}.',
  'promise.refuses-host.http': 'Over plain http, the unknown name {host} gets nothing.',
  'promise.refuses-handshake':
    'The unknown name {name} is refused before TLS is set up: no certificate is shown.',
  'promise.refuses-handshake.nameless':
    'A visitor who gives no name, only an address, is refused before TLS is set up.',
} as const;
