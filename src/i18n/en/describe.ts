/** Messages of `describe`: code → text; `{name}` stands for a value. */
export const describe = {
  // How a finding is shown.
  'severity.error': 'error',
  'severity.warning': 'warning',
  'severity.note': 'note',
  'report.hint': 'hint: {hint}',

  // Hints that several findings share.
  'hint.nearest': 'did you mean "{nearest}"?',
  'hint.known': 'known here: {known}',
  'hint.none': 'the description has none yet',
  'hint.map': 'write {key}: { {first}: … }; known here: {known}',
  'hint.other': 'the other one is at {place}',
  'hint.quote': 'to have it read as text, put it between quotes',
  'hint.zones': 'write an address or a CIDR block such as 10.0.0.0/24, or one of the zones: {known}',

  // Files.
  'file.missing': 'there is no file {file}',
  'file.missing.next': 'give the path of the description; docs/guide.md shows how to write a first one',
  'file.unreadable': '{file} cannot be read ({reason})',
  'file.unreadable.next':
    'it must be a file that the account {account} may read; an installed gateway has its own in /etc/poterne/site.yaml',
  'file.encoding': '{file} is not UTF-8 text',
  'file.encoding.next': 'save it again as UTF-8 in your editor',
  'include.form': '"include" is not a list of file names or patterns',
  'include.form.hint': 'write for instance: include: [services.yaml, more/*.yaml]',
  'include.cycle': '"{file}" ends up including itself',
  'include.nothing': 'no file matches "{pattern}"',
  'include.nothing.hint': 'patterns are relative to the folder of the file that holds them: {folder}',

  // YAML itself.
  'yaml.syntax': 'this is not valid YAML here ({reason})',
  'yaml.indent': 'this is not indented in line with what it belongs to',
  'yaml.tab': 'a tab cannot indent YAML: use spaces',
  'yaml.unclosed': 'a quote, a bracket or a colon is missing here or above',
  'yaml.nested': 'a second "key: value" cannot stand on the same line: start a new line, or quote the text',
  'yaml.key': 'this key is not followed by a colon on its line',
  'yaml.escape': 'a backslash in double quotes begins no known escape: write it twice, or use single quotes',
  'yaml.character': 'text cannot begin with this character: put the text between quotes',
  'yaml.documents': 'a file holds one document: nothing may follow "---"',
  'yaml.alias': 'the alias "*{name}" refers to no anchor above it',
  'yaml.expansion': 'the aliases of this file refer to themselves or grow without measure',
  'yaml.tag': 'the tag "{tag}" means nothing here and is ignored',
  'key.duplicate': 'key "{key}" is written twice',
  'publication.duplicate': 'publication "{name}" is described twice',

  // Keys.
  'site.key.unknown': 'unknown key "{key}" in the description',
  'zone.key.unknown': 'unknown key "{key}" in zone "{name}"',
  'host.key.unknown': 'unknown key "{key}" in host "{name}"',
  'gateway.key.unknown': 'unknown key "{key}" in the gateway',
  'service.key.unknown': 'unknown key "{key}" in service "{name}"',
  'publication.key.unknown': 'unknown key "{key}" in publication "{name}"',
  'route.key.unknown': 'unknown key "{key}" in route "{name}"',
  'admin.key.unknown': 'unknown key "{key}" in admin',
  'grant.key.unknown': 'unknown key "{key}" in this flow',
  'assertion.key.unknown': 'unknown key "{key}" in this assertion',
  'site.key.missing': 'the description lacks the key "{key}"',
  'zone.key.missing': 'zone "{name}" lacks the key "{key}"',
  'host.key.missing': 'host "{name}" lacks the key "{key}" here',
  'gateway.key.missing': 'the gateway lacks the key "{key}" here',
  'service.key.missing': 'service "{name}" lacks the key "{key}" here',
  'publication.key.missing': 'publication "{name}" lacks the key "{key}" here',
  'route.key.missing': 'route "{name}" lacks the key "{key}" here',
  'admin.key.missing': 'admin lacks the key "{key}"',
  'grant.key.missing': 'this flow lacks the key "{key}"',
  'assertion.key.missing': 'this assertion lacks the key "{key}"',

  // Values.
  'value.duration': '"{value}" is not a duration: write a number and a unit, such as 30s, 5m, 12h or 90d',
  'value.size': '"{value}" is not a size: write a number and a unit, such as 512kB, 20MB or 5GB',
  'value.hours': '"{value}" are no weekly hours: write days and times, such as Mon-Fri 07:00-20:00',
  'value.speed': '"{value}" is not a speed: write a size per second, such as 512kB/s or 2MB/s',
  'value.rate': '"{value}" is not a rate: write a number per second or per minute, such as 10/s or 300/m',
  'value.network':
    '"{value}" is not a network: write an address or a CIDR block, such as 10.0.0.0/24 or 2001:db8::/32',
  'value.type.text': '"{key}" must be text',
  'value.type.number': '"{key}" must be a number',
  'value.type.integer': '"{key}" must be a whole number',
  'value.type.boolean': '"{key}" must be true or false',
  'value.type.map': '"{key}" must hold keys and values',
  'value.type.list': '"{key}" must be a list',
  'value.choice': '"{value}" is not one of: {choices}',
  'value.target':
    '"{value}" names no part of a request: write ARGS:name for a parameter, or REQUEST_COOKIES:, REQUEST_HEADERS: or FILES: with a name',
  'value.form': '"{value}" is not written in a form that "{key}" takes',
  'value.least': '{value} is too small: at least {limit}',
  'value.most': '{value} is too large: at most {limit}',
  'value.short': '"{key}" is too short or empty',
  'value.long': '"{key}" is too long',
  'value.empty': '"{key}" is empty',
  'value.twice': '"{value}" is given twice',
  'value.text': 'this text holds a control character or is empty',
  'value.name':
    '"{value}" cannot be a name here: use letters, digits, ".", "-" and "_", a letter or digit first',
  'value.name.title': 'for a name that people read, add a title',
  'value.reserved': '"{value}" cannot name a zone: an audience could not tell it from {meaning}',
  'value.email': '"{value}" is not an e-mail address',
  'value.file': '"{value}" is not a file name',
  'value.address': '"{value}" is not an IP address',
  'value.host': '"{value}" is neither a DNS name nor an IP address',
  'value.host-key':
    '"{value}" is not a public host key: write its type and its base64, as ssh-keyscan prints them',
  'value.dns': '"{value}" is not a valid DNS name',
  'value.dns.label': '"{label}" cannot be a part of it: 1 to 63 letters, digits and inner hyphens',
  'value.dns.length': 'a DNS name has at most 253 characters',
  'value.dns.address': 'publications are told apart by name (TLS SNI), never by address',
  'value.dns.ascii': 'in DNS it is written {ascii}',
  'value.timezone': '"{value}" is not a time zone of the IANA database, such as Europe/Paris',
  'value.path':
    '"{value}" is not a path: it begins with "/", without spaces, "#", or parts that are empty, "." or ".."',
  'value.path.prefix':
    '"{value}" is not a path prefix: it begins with "/", without spaces, "?", "#", "%", "\\", or parts that are empty, "." or ".."',
  'value.path.percent': 'write the characters themselves instead of %-codes',
  'value.url': '"{value}" is not the address of a service',
  'value.url.form':
    'write http://name-or-address:port, https://name-or-address:port, tcp://name-or-address:port or unix:/path/to.sock',
  'value.url.path': 'a service is its host and port only: choose paths with routes',
  'value.url.secret': 'an address may not hold a user or a password: descriptions hold no secrets',

  // References.
  'service.unknown': 'there is no service "{name}"',
  'group.unknown': 'no host is in a group "{name}"',
  'host.unknown': 'there is no host "{name}"',
  'zone.unknown': 'there is no zone "{name}"',

  // Hosts and the gateway.
  'gateway.host.duplicate': 'host "{name}" is a second gateway: this version runs one',
  'gateway.ports': 'http-port and https-port are both {port}',

  // How machines are reached, and what flows between them.
  'host.address.missing': 'host "{name}" has no address: Poterne cannot reach it',
  'host.vantage.ssh': 'host "{name}" is a vantage point, and nothing says how it is reached',
  'host.vantage.ssh.hint': 'add for instance ssh: { user: debian }',
  'host.vantage.roles':
    'host "{name}" is a vantage point: it cannot have another role, since nothing is changed on it',
  'host.via.loop': 'host "{name}" is reached through itself: {path}',
  'host.via.unreachable': 'host "{name}" is reached through "{via}", which nothing says how to reach',
  'admin.missing':
    'nothing says from where host "{name}" is administered: its firewall would let nobody in, Poterne included',
  'admin.missing.hint':
    'add for instance admin: { from: [10.0.0.0/24] }, the network that you apply from included',
  'service.needs.self': 'service "{name}" cannot need itself',
  'service.needs.host': 'service "{name}" needs others, but nothing says which host it runs on',
  'service.needs.host.hint': 'add host: and the name of a host',

  // Services.
  'service.upstream.missing': 'service "{name}" does not say where it listens',
  'service.upstream.missing.hint': 'add for instance url: http://10.0.0.15:8069',
  'service.upstream.both': 'service "{name}" has both "url" and "upstreams"',
  'service.upstream.backup': 'every upstream of service "{name}" is a backup: one must serve first',
  'service.upstream.mixed': 'the upstreams of service "{name}" mix http and https',
  'service.trust.missing':
    'service "{name}" is reached over https, but nothing says which certificate to trust',
  'service.trust.missing.hint': 'add for instance trust: { ca: ca.pem, name: {name} }',
  'service.trust.unused': '"trust" does nothing for service "{name}", which is reached over plain http',
  'service.unpublished': 'service "{name}" is published nowhere',
  'service.healthy.missing':
    'nothing says how one knows that service "{name}" works: only its port will be proved',
  'service.healthy.missing.hint': 'add for instance healthy: { path: /, status: 200 }',

  // Publications.
  'publication.name.wildcard': 'in "{name}", the star can only be the whole first label',
  'publication.name.wildcard.hint': 'write *.example.fr, or a regular expression after "~"',
  'publication.regex.invalid':
    '"{value}" is not a regular expression understood both here and by the engines',
  'publication.regex.open': '"{name}" also matches longer names, which others may own',
  'publication.regex.open.hint': 'begin it with ^ and end it with $',
  'publication.example.missing':
    'publication "{name}" is a regular expression: give an example of the names it matches',
  'publication.example.missing.hint': 'proofs need one: add for instance example: app1.example.fr',
  'publication.example.mismatch': 'the example "{example}" is not a name that "{name}" matches',
  'publication.tls.names.missing': 'nothing says which names the certificate of "{name}" must hold',
  'publication.tls.names.missing.hint': 'add for instance tls: { names: ["*.example.fr"] }',
  'publication.tls.names.mismatch': 'no name of this certificate covers "{example}"',
  'publication.target.missing': 'publication "{name}" leads nowhere: it has neither "service" nor "routes"',
  'publication.target.missing.hint': 'add for instance service: {service}',
  'publication.target.both': 'publication "{name}" has both "service" and "routes"',
  'publication.target.both.hint': 'write the service as a route: routes: { /: { service: {service} } }',
  'publication.port.proxy': 'publication "{name}" goes through the proxy: it has no port of its own',
  'publication.port.proxy.hint': 'write scenario: direct to forward a port to the service',
  'publication.port.twice': 'port {port} is forwarded twice',
  'publication.port.gateway': 'port {port} is one that the gateway itself listens on',
  'publication.proxy.tcp':
    'publication "{name}" goes through the proxy, and service "{service}" does not speak http',
  'publication.proxy.tcp.hint': 'write scenario: direct, or the url of the service with http:// or https://',
  'publication.direct.routes':
    'publication "{name}" is direct: nothing reads its paths, so that it cannot have routes',
  'publication.direct.tls': 'publication "{name}" is direct: the service shows its own certificate',
  'publication.direct.http':
    'publication "{name}" is direct and told apart by its TLS name, and service "{service}" speaks plain http',
  'publication.direct.http.hint':
    'give the publication a port of its own, or write tcp:// if the service speaks TLS',
  'publication.direct.address': 'a port cannot be forwarded to service "{service}": only to an IP address',
  'publication.direct.address.hint': 'write the url with an address, such as tcp://10.0.0.15:22',
  'publication.direct.several':
    'a port can be forwarded to one upstream, and service "{service}" has several',
  'route.duplicate': 'route "{path}" is the same as "{other}"',
  'route.regex.invalid': '"{value}" is not a regular expression understood both here and by the engines',
  'route.strip.regex': 'a route by regular expression cannot strip its path: there is no prefix to strip',
  'route.strip.both': '"keep-path" and "strip-path" contradict each other',
  'route.healthy.unproved':
    'the healthy path {path} of service "{service}" is reached by no route of this publication: it will not be proved here',
  'route.events.unproved':
    'the events path {path} of service "{service}" is reached by no route of this publication: it will not be proved here',
  'route.websocket.unproved':
    'the websocket path {path} of service "{service}" is reached by no route of this publication: it will not be proved here',
  'audience.missing': 'publication "{name}" names no audience: everyone can reach it',
  'audience.missing.hint': 'write audience: everyone to say so, or audience: { from: [10.0.0.0/24] }',
  'audience.form':
    'this audience is neither everyone, nor { from: [zones and networks] }, nor a list of rules',
  'audience.form.from': 'to let it alone in, write audience: { from: [{value}] }',
  'audience.everyone': '"everyone" cannot stand in a list beside zones and networks',
  'audience.everyone.hint': 'write audience: everyone, or only whom you mean',

  // The user's own assertions.
  'assertion.missing': 'this assertion says neither "deny" nor "allow"',
  'assertion.missing.hint': 'write for instance deny: { from: internet, to: erp }',
  'assertion.both': 'this assertion says both "deny" and "allow"',
  'assertion.both.hint': 'write two assertions: each begins with "-" on a line of its own',
  'assertion.unknown': 'there is no zone, host or publication "{name}"',
  'assertion.ambiguous': '"{name}" is the name of more than one thing: which one is meant cannot be told',
  'assertion.from.publication': 'nothing comes from a publication: "{name}" can only stand under "to"',
  'assertion.from.publication.hint': 'under "from", name a zone, a host, a network, everyone or internet',

  // What a later version will do.
  'scenario.unavailable': 'the scenario "{scenario}" is not available in this version',
  'scenario.unavailable.hint':
    'proxy ends TLS here and passes requests on; direct passes connections on unread',
} as const;
