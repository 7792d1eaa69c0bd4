/**
 * Messages of `verify`: code → text; `{name}` stands for a value. `seen.x` says what came back and what it means;
 * `advice.x`, where there is one, says what to do about it, with the same values.
 */
export const verify = {
  // Reaching the door
  'seen.refused': 'connection refused: nothing listens on {place}',
  'advice.refused': 'Is the gateway running, and listening on this address? `poterne up` starts it.',
  'seen.reset': '{place} hung up at once',
  'advice.reset':
    'Something stands there but does not want this connection: a firewall, a full server, or another PROXY protocol setting.',
  'seen.unreachable': 'no way to {place} ({error})',
  'advice.unreachable': 'Check the route to this network and the address that the name leads to.',
  'seen.forbidden': 'connections to {place} are forbidden, on the way there or by the machine that tried',
  'advice.forbidden': 'Look at its firewall and at those on the way (`nft list ruleset`).',
  'seen.exhausted': 'no file descriptor left here to connect to {place}',
  'advice.exhausted': 'Raise the limit (`ulimit -n`) or try fewer promises at once.',
  'seen.timeout.connect': '{place} did not accept the connection within {seconds} s',
  'advice.timeout.connect': 'A firewall on the way probably drops the packets, or the machine is off.',
  'seen.name.unknown': 'the name {name} does not exist',
  'advice.name.unknown': 'Create its DNS record, or give an address to connect to meanwhile.',
  'seen.name.resolver': 'the resolver does not answer for {name} ({error})',
  'advice.name.resolver': 'Check /etc/resolv.conf and that the name server can be reached from here.',
  'seen.timeout.resolve': 'the resolver said nothing about {name} within {seconds} s',
  'advice.timeout.resolve': 'Check /etc/resolv.conf and that the name server can be reached from here.',
  'seen.stopped': 'stopped before the end',
  'seen.unexpected': 'something unforeseen happened: {error}',

  'seen.resolves.held': '{name} is at {addresses}',
  'seen.resolves.localhost': '{name} is this machine, by rule and without asking DNS (RFC 6761)',
  'seen.resolves.partly': 'of the addresses of {name}, these accept no connection: {places}',
  'advice.resolves.partly':
    'Remove their DNS records or make them answer: visitors who try them first have to wait.',
  'seen.listens.held': '{place} accepts connections',
  'seen.listens.localhost':
    '{place} accepts connections ({name} is this machine, by rule and without asking DNS: RFC 6761)',

  'seen.resolves.elsewhere': '{name} is at {addresses} from here; only {wanted} was promised',
  'advice.resolves.elsewhere':
    'Correct the record, or the resolver or /etc/hosts that answers here: inside and outside may differ.',
  'seen.port.accepted': 'accepted: {places}',
  'seen.port.refused': 'refused: {places}',
  'advice.port.refused':
    'Does the service run, and listen on this address? Otherwise a firewall in between says no.',
  'seen.port.silent': 'no answer: {places}',
  'advice.port.silent': 'A firewall on the way probably drops the packets, or the machine is off.',
  'seen.port.unreachable': 'no way to {places} ({error})',
  'advice.port.unreachable': 'Check the routes from here, and what a firewall in between rejects.',
  'seen.port.mixed': 'not accepted: {places}',
  'advice.port.mixed': 'Does the service run, and listen on all these addresses, IPv4 and IPv6?',
  'seen.port.open': 'accepts connections, though nothing asks for it: {places}',
  'advice.port.open':
    'Close it: a firewall rule made by hand lets it through, or the firewall on the way does not run.',
  'seen.scan.held': '{count} {count|port|ports} tried on {addresses}: only these answer: {open}',
  'seen.scan.none': '{count} {count|port|ports} tried on {addresses}: none answers',
  'seen.scan.partly':
    '{count} {count|port|ports} tried on {addresses}: only these answer: {open}; from here there is no way at all to {missing} ({error})',
  'seen.scan.unreachable': 'from here there is no way at all to {addresses} ({error})',
  'seen.scan.open': 'open, though nothing asks for it: {places}',
  'advice.scan.open':
    'See what listens (`ss -ltnp` on that machine): stop it, close its port, or describe it if it is wanted.',
  'seen.scan.unfinished': 'not finished: {done} of {tried} attempts in {seconds} s',
  'advice.scan.unfinished': 'The way there is slow, or this machine is busy: try again, or fewer ports.',
  'seen.vantage.lost': 'the connection to the vantage point broke: {error}',
  'advice.vantage.lost': 'Nothing was found out: try again once it can be reached.',

  // TLS
  'seen.tls.refused': '{place} refused the TLS handshake: {reason}',
  'advice.tls.refused': 'The gateway knows no such name, or no common version: was this publication applied?',
  'seen.tls.closed': '{place} hung up during the TLS handshake',
  'advice.tls.closed':
    'Was this publication applied? If the door expects a PROXY header, does the description say so?',
  'seen.tls.not-tls': 'what {place} answers is not TLS',
  'advice.tls.not-tls':
    'Something other than the gateway listens there, or its plain http port, or the door expects no PROXY header.',
  'seen.tls.failed': 'the TLS handshake with {place} failed: {reason}',
  'seen.timeout.tls': '{place} accepted the connection, then said nothing for {seconds} s',
  'advice.timeout.tls':
    'Something other than a TLS server listens there, or it is overloaded, or it waits for a PROXY header.',

  'seen.certificate.held': 'valid until {until} ({days} {days|day|days}), issued by {issuer}',
  'seen.certificate.name': 'the certificate is for {names}, not for {name}',
  'advice.certificate.name': 'Serve a certificate with this name, or add the name to it.',
  'seen.certificate.expired': 'the certificate expired on {until}',
  'advice.certificate.expired': 'Renew it now: browsers turn visitors away.',
  'seen.certificate.future': 'the certificate is only valid from {since}',
  'advice.certificate.future': 'Check this machine’s clock, then the certificate.',
  'seen.certificate.soon':
    'the certificate expires in {days} {days|day|days} ({until}), fewer than the {minDays} promised',
  'advice.certificate.soon': 'Renew it, and find out why it was not renewed by itself.',
  'seen.certificate.self-signed': 'the certificate vouches only for itself',
  'advice.certificate.self-signed':
    'Have it issued by an authority that visitors trust, or by Poterne’s own (`tls: internal`).',
  'seen.certificate.untrusted': 'the chain leads to an authority that is not trusted here (issuer: {issuer})',
  'advice.certificate.untrusted': 'If the authority is your own, add its root to the trusted ones.',
  'seen.certificate.incomplete': 'nobody trusted here signed the certificate (issuer: {issuer})',
  'advice.certificate.incomplete':
    'If that is an intermediate, serve the full chain; if it is your own root, add it to the trusted ones.',
  'seen.certificate.chain-expired':
    'the certificate is in date, but one above it has expired (issuer: {issuer})',
  'advice.certificate.chain-expired': 'Serve the issuer’s current intermediate certificates.',
  'seen.certificate.chain': 'the chain does not hold: {error}',
  'advice.certificate.chain': 'Compare the served chain with what the issuer delivers.',

  'seen.versions.held': '{version} is taken; {refused} refused',
  'seen.versions.accepted': '{version} is taken',
  'seen.versions.taken': '{version} is accepted, but was to be refused',
  'advice.versions.taken':
    'Remove it from the server’s TLS versions, or from whatever terminates TLS in front.',
  'seen.versions.unoffered': 'not known: this machine cannot even offer {version} ({reason})',
  'advice.versions.unoffered': 'Try from a machine whose OpenSSL still speaks it.',
  'seen.versions.none': 'none of {accepted} is accepted',
  'advice.versions.none': 'Is this name published? Then look at the server’s TLS versions and ciphers.',

  'seen.handshake.refused': 'refused in the handshake: {reason}',
  'seen.handshake.closed': 'refused in the handshake: the connection was closed',
  'seen.handshake.done': 'the handshake for {sni} succeeded, with a certificate for {names}',
  'advice.handshake.done':
    'A stranger’s name gets an answer, and learns what else is here: the default server must refuse.',
  'seen.handshake.nameless': 'the handshake without a name succeeded, with a certificate for {names}',
  'advice.handshake.nameless':
    'A scanner that knows no name learns what is here: the default server must refuse.',

  // HTTP
  'seen.http.closed': '{place} closed the connection without an answer',
  'advice.http.closed': 'The gateway refuses this host name, or its worker fell over: look at its error log.',
  'seen.http.garbage': 'what {place} answers is not HTTP ({error})',
  'advice.http.garbage': 'Something other than the gateway listens there.',
  'seen.http.overflow': '{place} sent more than 16 KiB of header fields',
  'advice.http.overflow': 'Look for a service that sets cookies without end.',
  'seen.http.cut': '{status}, but the connection broke off before “{contains}” came',
  'advice.http.cut': 'The service or the gateway fell over in mid-answer: look at their error logs.',
  'seen.timeout.response': '{place} took the request, then said nothing for {seconds} s',
  'advice.timeout.response': 'The service hangs or is overloaded: ask it directly, without the gateway.',
  'seen.timeout.body': '{status}, but the content did not come within {seconds} s',
  'advice.timeout.body': 'The service hangs in mid-answer: ask it directly, without the gateway.',
  'seen.gateway.bad': '502 from the gateway: the service does not answer',
  'advice.gateway.bad':
    'Is the service running, at the address in the description, and can the gateway reach it?',
  'seen.gateway.unavailable': '503: the gateway or the service turns requests away',
  'advice.gateway.unavailable':
    'It is overloaded, in maintenance, or the limits are too tight; or it is cut off, or Poterne’s daemon does not run: poterne status tells.',
  'seen.gateway.late': '504 from the gateway: the service took too long',
  'advice.gateway.late': 'The service hangs, or needs longer than its `timeouts` allow.',
  'seen.status.other': 'status {status} instead of {wanted}',
  'advice.status.other':
    'Compare with what the service answers without the gateway, and with its `healthy` check.',
  'seen.status.redirect': '{status} to {location} instead of {wanted}',
  'advice.status.redirect':
    'If the service wants a login or another address here, check the path it is asked for.',
  'seen.outside.refused': '403, as promised: {address} is not in {networks}',
  'seen.outside.let-in': '{status} instead of 403 for {address}, which is not in {networks}',
  'advice.outside.let-in':
    'Whoever is there gets in: check the audience, and which address the gateway sees.',
  'seen.outside.closed': 'hangs up, as promised: {address} is not in {networks}',
  'seen.outside.open': 'TLS begins for {address}, which is not in {networks}',
  'advice.outside.open': 'Whoever is there gets in: check the audience, and which address the gateway sees.',
  'seen.inside.refused': '403, although this address is let in',
  'advice.inside.refused':
    'Which address does the gateway see? If the service itself says 403, describe it: `healthy: { status: 403 }`.',

  'seen.redirects.held': '{status} to {to}',
  'seen.portal.held': 'led to {portal}',
  'seen.portal.refused': 'refused with {status}: signing in would not help now',
  'seen.portal.none': 'the answer is {status}, and leads nowhere; expected: to {portal}',
  'seen.portal.elsewhere': 'leads to {to}; expected: to {portal}',
  'seen.redirects.none': 'status {status}, no redirect to {to}',
  'advice.redirects.none':
    'Something other than the gateway answers plain http, or serves content without TLS.',
  'seen.redirects.elsewhere': '{status} to {location} instead of {to}',
  'advice.redirects.elsewhere': 'If another port is public, say so with `public-port`.',
  'seen.answers.held': 'status {status}',
  'seen.answers.headers': 'the answer has them: {names}',
  'seen.answers.content': 'status {status}, with “{contains}”',
  'seen.answers.lacks': 'status {status}, but without “{contains}”',
  'advice.answers.lacks': 'Another application answers, or its page has changed.',
  'seen.answers.long': 'status {status}, but without “{contains}” in the first 64 KiB',
  'advice.answers.long': 'Check for something that comes earlier in the page.',
  'seen.answers.header': 'the header {name} is “{value}” instead of “{wanted}”',
  'advice.answers.header':
    'The service or something in front sets it too, or the applied configuration is not the current one.',
  'seen.answers.header-missing': 'the header {name} is missing (“{wanted}” was promised)',
  'advice.answers.header-missing':
    'Something on the way removes it, or the applied configuration is not the current one.',

  'seen.streams.held': 'an event came after {milliseconds} ms, with the stream still open',
  'seen.streams.type': 'no event stream: the content type is {type}',
  'advice.streams.type': 'Is the path right? A login page often answers in its place.',
  'seen.streams.silent': '{place} took the request, but neither header nor event came within {seconds} s',
  'advice.streams.silent':
    'Something on the way buffers, or the service hangs: is the path among the service’s `events`?',
  'seen.streams.none': 'the stream opened, but no event came within {seconds} s',
  'advice.streams.none':
    'Something on the way buffers, or nothing happened: is the path among the service’s `events`?',
  'seen.streams.ended': 'the response ended before an event arrived',
  'advice.streams.ended':
    'Something on the way cuts the stream, or the service has nothing to tell on this path.',
  'seen.streams.late': 'the event arrived only with the end of the response: something buffers',
  'advice.streams.late':
    'Is the path among the service’s `events`? Look also for compression or another proxy in front.',
  'seen.streams.flood': '64 KiB came without one event',
  'advice.streams.flood': 'What flows there is no event stream: is the path right?',

  'seen.echoes.held': 'a WebSocket opened and answered “{contains}”',
  'seen.echoes.declined': 'no WebSocket: status {status} instead of 101',
  'advice.echoes.declined':
    'Is the path right? Does something on the way drop the Upgrade header, or the service the Origin?',
  'seen.echoes.handshake': 'the WebSocket handshake failed: {error}',
  'advice.echoes.handshake': 'What answers there does not speak WebSocket (RFC 6455): is the path right?',
  'seen.echoes.silent': 'the WebSocket opened, but nothing came back within {seconds} s',
  'advice.echoes.silent': 'Does the service answer what `websocket.send` says?',
  'seen.echoes.other': 'the WebSocket opened and answered, but not “{contains}” within {seconds} s',
  'advice.echoes.other': 'Compare `websocket.contains` with what the service says.',
  'seen.echoes.closed': 'the WebSocket was closed with code {close} before the answer',
  'advice.echoes.closed': 'The service did not like what was sent: look at its log.',
  'seen.echoes.cut': 'the WebSocket broke off before the answer',
  'advice.echoes.cut':
    'The service or the gateway fell over, or a time limit struck: look at their error logs.',
  'seen.echoes.protocol': 'what came over the WebSocket breaks its protocol: {error}',
  'advice.echoes.protocol': 'Look at the service, or at whatever rewrites its frames on the way.',

  'seen.host.closed': 'a request for {host} was closed without an answer',
  'seen.host.refused': 'a request for {host} got {status} and no content',
  'seen.host.answered': 'a request for {host} got an answer with content: status {status}',
  'advice.host.answered': 'A name that nobody published leads somewhere: the default server must close.',

  // The table
  'verify.promise': 'promise',
  'verify.time': 'time',
  'verify.gateway': 'the gateway',
  'verify.all': 'All promises kept: {total} (seen from {vantage}).',
  'verify.broken': 'Promises broken: {broken}; kept: {held} of {total} (seen from {vantage}).',
  'verify.none': 'No promise to verify.',

  // Faults
  'seen.sign-in.refused': 'refused with {status} by the gateway itself',
  'seen.sign-in.let-in': 'the answer is {status}, and not the gateway’s refusal',
  'advice.sign-in.let-in':
    'Cut the publication off (poterne cut) until it is known why: people get in without signing in.',
  'vantage.failed': 'the vantage point {vantage} cannot be used: {reason}',
  'vantage.failed.next': 'It must be reachable over ssh and have perl, which every Debian has.',
} as const;
