import { expect, test } from 'vitest';
import { describe as messages } from '../i18n/en/describe.ts';
import { say } from '../i18n/index.ts';
import { describeText } from './testing.ts';

/** A description that is right but for what a row says; it leaves two notes out on purpose. */
const good = `site: s
services:
  crm: { url: "http://10.0.0.1", healthy: { path: / } }
`;
const published = `publications:
  crm.localhost: { service: crm, audience: everyone }
`;

/** Rows of: what is wrong, the YAML, and code, line and marked text of every finding, in order. */
const rows: [string, string, string[]][] = [
  ['nothing', good + published, []],
  ['an empty file', '', ['site.key.missing 1 ']],
  ['a list', '- a\n', ['value.type.map 1 - a', 'site.key.missing 1 - a']],

  // YAML
  ['a tab', 'site: s\nzones:\n\tlan: {}\n', ['yaml.tab 3 \t']],
  ['an open quote', 'site: "s\n', ['yaml.unclosed 2 ']],
  ['two values on a line', 'site: a: b\n', ['yaml.nested 1 a']],
  ['a key without colon', 'site: s\nlanguage\nzones: {}\n', ['yaml.key 2 language']],
  ['an escape', 'site: "\\q"\n', ['yaml.escape 1 \\']],
  ['a reserved character', 'site: @s\n', ['yaml.character 1 @']],
  ['two documents', 'site: s\n---\nsite: t\n', ['yaml.documents 2 ---']],
  ['bad indentation', 'site: [a,\nb]\n', ['yaml.indent 2 b', 'yaml.unclosed 2 b]']],
  ['a dangling alias', 'site: *name\n', ['yaml.alias 1 *name']],
  ['an alias to itself', 'site: &a [*a]\n', ['yaml.expansion 1 s']],
  ['an unknown tag', `${good}${published}gateway: !door {}\n`, ['yaml.tag 6 !door']],
  ['another mistake', 'site: &a &b s\n', ['yaml.syntax 1 &b']],
  ['a key twice', `${good}${published}site: t\n`, ['key.duplicate 6 site']],
  ['a nested key twice', 'site: s\ngateway:\n  listen: []\n  listen: []\n', ['key.duplicate 4 listen']],
  [
    'a publication twice',
    `${good}${published}  crm.localhost: { service: crm, audience: everyone }\n`,
    ['publication.duplicate 6 crm.localhost'],
  ],

  // Keys and values
  ['an unknown key', 'site: s\nservcies: {}\n', ['site.key.unknown 2 servcies']],
  ['an unknown gateway key', 'site: s\ngateway: { lisen: [] }\n', ['gateway.key.unknown 2 lisen']],
  ['an unknown zone key', 'site: s\nzones: { a: { networks: [::1], x: 1 } }\n', ['zone.key.unknown 2 x']],
  ['an unknown host key', 'site: s\nhosts: { a: { adress: b } }\n', ['host.key.unknown 2 adress']],
  ['a zone without networks', 'site: s\nzones:\n  lan: {}\n', ['zone.key.missing 3 lan']],
  ['a zone with no networks', 'site: s\nzones: { lan: { networks: [] } }\n', ['value.empty 2 []']],
  ['a section that is a list', 'site: s\nhosts: [a]\n', ['value.type.map 2 [a]']],
  ['an entry without anything', 'site: s\nhosts:\n  a:\n', ['value.type.map 3 a']],
  ['a number for text', 'site: 12\n', ['value.type.text 1 12']],
  ['text for a number', 'site: s\ngateway: { http-port: a }\n', ['value.type.number 2 a']],
  ['half a port', 'site: s\ngateway: { http-port: 8.5 }\n', ['value.type.integer 2 8.5']],
  ['port 0', 'site: s\ngateway: { http-port: 0 }\n', ['value.least 2 0']],
  ['port 70000', 'site: s\ngateway: { http-port: 70000 }\n', ['value.most 2 70000']],
  ['yes for true', 'site: s\ngateway: { proxy-protocol: yes }\n', ['value.type.boolean 2 yes']],
  ['text for a list', 'site: s\ngateway: { listen: "::1" }\n', ['value.type.list 2 "::1"']],
  ['a language', 'site: s\nlanguage: de\n', ['value.choice 2 de']],
  ['a time zone', 'site: s\ntimezone: Paris\n', ['value.timezone 2 Paris']],
  ['a control character', 'site: "a\\tb"\n', ['value.text 1 "a\\tb"']],
  ['a listen address', 'site: s\ngateway: { listen: [localhost] }\n', ['value.address 2 localhost']],
  ['an address twice', 'site: s\ngateway: { listen: ["::1", "::1"] }\n', ['value.twice 2 "::1"']],
  ['a network', 'site: s\nzones: { lan: { networks: [10.0.0.0/33] } }\n', ['value.network 2 10.0.0.0/33']],
  ['a host address', 'site: s\nhosts: { a: { address: "10.0.0.256" } }\n', ['value.host 2 "10.0.0.256"']],
  [
    'a zone named like an address',
    'site: s\nzones: { 10.0.0.1: { networks: [::1] } }\n',
    ['value.reserved 2 10.0.0.1'],
  ],
  [
    'a zone named everyone',
    'site: s\nzones: { everyone: { networks: [::1] } }\n',
    ['value.reserved 2 everyone'],
  ],
  ['a host name', 'site: s\nhosts: { "a b": {} }\n', ['value.name 2 "a b"']],
  ['__proto__', 'site: s\nhosts: { __proto__: {} }\n', ['value.name 2 __proto__']],

  // Hosts and gateway
  [
    'a group to confirm that no host is in',
    'site: s\nhosts: { a: { groups: [production] } }\nconfirm: [production, prodution]\n',
    ['group.unknown 3 prodution'],
  ],
  ['an unknown zone', 'site: s\nhosts: { a: { zone: lan } }\n', ['zone.unknown 2 lan']],
  [
    'two gateways',
    'site: s\nhosts:\n  a: { roles: [gateway] }\n  b: { roles: [gateway] }\n',
    ['gateway.host.duplicate 4 [gateway]'],
  ],
  ['one port for both', 'site: s\ngateway: { https-port: 80 }\n', ['gateway.ports 2 80']],
];

const service = (entry: string) =>
  `site: s\nservices:\n  crm: { healthy: { path: / }, ${entry} }\n${published}`;
for (const [entry, ...found] of [
  ['host: a', 'service.upstream.missing 3 crm', 'host.unknown 3 a'],
  ['url: "ftp://a"', 'value.url 3 "ftp://a"'],
  ['url: "http://a/b"', 'value.url 3 "http://a/b"'],
  ['url: "http://u:p@a"', 'value.url 3 "http://u:p@a"'],
  ['url: "http://a:0"', 'value.url 3 "http://a:0"'],
  ['url: "http://10.0.0.300"', 'value.url 3 "http://10.0.0.300"'],
  ['url: "unix:run/app.sock"', 'value.url 3 "unix:run/app.sock"'],
  ['url: "https://a"', 'service.trust.missing 3 "https://a"'],
  ['url: "http://a", trust: { ca: c, name: a }', 'service.trust.unused 3 trust'],
  ['url: "http://a", trust: { ca: "\\n", name: "" }', 'value.file 3 "\\n"', 'value.host 3 ""'],
  ['url: "http://a", upstreams: [{ url: "http://b" }]', 'service.upstream.both 3 upstreams'],
  ['upstreams: [{ url: "http://b", backup: true }]', 'service.upstream.backup 3 upstreams'],
  [
    'upstreams: [{ url: "http://b" }, { url: "https://b" }], trust: { ca: c, name: b }',
    'service.upstream.mixed 3 upstreams',
  ],
  ['url: "http://a", events: [x]', 'value.path.prefix 3 x'],
  [
    'url: "http://a", websocket: { path: /w }',
    'service.key.missing 3 websocket',
    'service.key.missing 3 websocket',
  ],
  ['url: "http://a", websocket: { path: /../w, send: a, contains: a }', 'value.path 3 /../w'],
  ['url: "http://a", owner: { name: n, email: n }', 'value.email 3 n'],
  ['url: "http://a", keep-alive: -1', 'value.least 3 -1'],
  ['url: "http://a", keep-alives: 1', 'service.key.unknown 3 keep-alives'],
  ['url: "http://a", timeouts: { read: 5 }', 'value.duration 3 5'],
  ['url: "http://a", timeouts: { read: "5" }', 'value.duration 3 "5"'],
] as [string, ...string[]][])
  rows.push([`service: ${entry}`, service(entry), found]);
rows.push(
  [
    'no health',
    `site: s\nservices:\n  crm: { url: "http://a" }\n${published}`,
    ['service.healthy.missing 3 crm'],
  ],
  ['a service nobody publishes', good, ['service.unpublished 3 crm']],
);

const open = 'audience: everyone';
for (const [name, entry, ...found] of [
  // What this version does not do
  ['a.fr', `service: crm, ${open}, scenario: vpn`, 'scenario.unavailable 5 vpn'],
  ['a.fr', `service: crm, ${open}, scenario: prxy`, 'value.choice 5 prxy'],
  ['a.fr', `service: crm, ${open}, tls: acme`, 'acme.missing 5 acme'],
  ['a.fr', 'service: crm, audience: { groups: [a] }', 'audience.form 5 { groups: [a] }'],
  ['a.fr', 'service: crm, audience: { from: [lan], mfa: x }', 'audience.form 5 { from: [lan], mfa: x }'],
  // Audience
  ['a.fr', 'service: crm', 'audience.missing 5 a.fr'],
  ['a.fr', 'service: crm, audience: lan', 'audience.form 5 lan'],
  ['a.fr', 'service: crm, audience: []', 'value.empty 5 []'],
  ['a.fr', 'service: crm, audience: {}', 'publication.key.missing 5 audience'],
  ['a.fr', 'service: crm, audience: { from: [] }', 'value.empty 5 []'],
  ['a.fr', 'service: crm, audience: { from: [10.0.0.0/40] }', 'value.network 5 10.0.0.0/40'],
  ['a.fr', 'service: crm, audience: { from: ["::1", "::1"] }', 'value.twice 5 "::1"'],
  ['a.fr', 'service: crm, audience: { from: [everyone] }', 'audience.everyone 5 everyone'],
  // Target
  ['a.fr', `service: crn, ${open}`, 'service.unknown 5 crn'],
  ['a.fr', open, 'service.unpublished 3 crm', 'publication.target.missing 5 a.fr'],
  ['a.fr', `service: crm, ${open}, routes: { /: { service: crm } }`, 'publication.target.both 5 service'],
  ['a.fr', `${open}, routes: {}`, 'service.unpublished 3 crm', 'value.empty 5 routes'],
  // Names
  ['"-a.fr"', `service: crm, ${open}`, 'value.dns 5 "-a.fr"'],
  ['10.0.0.1', `service: crm, ${open}`, 'value.dns 5 10.0.0.1'],
  ['café.fr', `service: crm, ${open}`, 'value.dns 5 café.fr'],
  ['a_b.fr', `service: crm, ${open}`, 'value.dns 5 a_b.fr'],
  ['"a.*.fr"', `service: crm, ${open}`, 'publication.name.wildcard 5 "a.*.fr"'],
  ['"*.a.fr"', `service: crm, ${open}`],
  ['"*.a.fr"', `service: crm, ${open}, example: b.c.a.fr`, 'publication.example.mismatch 5 b.c.a.fr'],
  ['a.fr', `service: crm, ${open}, example: b.fr`, 'publication.example.mismatch 5 b.fr'],
  ['a.fr', `service: crm, ${open}, example: b_.fr`, 'value.dns 5 b_.fr'],
  ['"~^a[$"', `service: crm, ${open}`, 'publication.regex.invalid 5 "~^a[$"'],
  [
    '"~^a$"',
    `service: crm, ${open}`,
    'publication.example.missing 5 "~^a$"',
    'publication.tls.names.missing 5 "~^a$"',
  ],
  [
    '"~^a$"',
    `service: crm, ${open}, example: b, tls: { names: [a.fr] }`,
    'publication.example.mismatch 5 b',
    'publication.tls.names.mismatch 5 [a.fr]',
  ],
  ['"~a"', `service: crm, ${open}, example: a, tls: { names: [a] }`, 'publication.regex.open 5 "~a"'],
  ['"~^a$"', `service: crm, ${open}, example: a, tls: internal`, 'publication.tls.names.missing 5 internal'],
  // TLS
  ['a.fr', `service: crm, ${open}, tls: { names: [b.fr] }`, 'publication.tls.names.mismatch 5 [b.fr]'],
  ['a.fr', `service: crm, ${open}, tls: { names: ["*.*"] }`, 'value.dns 5 "*.*"'],
  ['a.fr', `service: crm, ${open}, tls: { certificate: a }`, 'publication.key.missing 5 tls'],
  [
    'a.fr',
    `service: crm, ${open}, tls: { key: a, certificat: b }`,
    'publication.key.missing 5 tls',
    'publication.key.unknown 5 certificat',
  ],
  ['a.fr', `service: crm, ${open}, tls: none`, 'value.choice 5 none'],
  ['a.fr', `service: crm, ${open}, tls: 3`, 'value.choice 5 3'],
  ['a.fr', `service: crm, ${open}, tls: []`, 'value.form 5 []'],
  // An engine's words
  ['a.fr', `service: crm, ${open}, uploads: big`, 'value.size 5 big'],
  ['a.fr', `service: crm, ${open}, headers: { hsts: soon }`, 'value.duration 5 soon'],
  ['a.fr', `service: crm, ${open}, audiense: a`, 'publication.key.unknown 5 audiense'],
  ['reviewed.localhost', `service: crm, ${open}`, 'value.empty 5 { service: crm, audience: everyone }'],
  ['a.fr', `service: crm, ${open}, motto: a`, 'value.short 5 a'],
  ['a.fr', `service: crm, ${open}, motto: abcdef`, 'value.long 5 abcdef'],
  // Routes
  ['a.fr', `${open}, routes: { a: { service: crm } }`, 'value.path.prefix 5 a'],
  ['a.fr', `${open}, routes: { "/%20": { service: crm } }`, 'value.path.prefix 5 "/%20"'],
  ['a.fr', `${open}, routes: { "/a/../b": { service: crm } }`, 'value.path.prefix 5 "/a/../b"'],
  ['a.fr', `${open}, routes: { __proto__: { service: crm } }`, 'value.path.prefix 5 __proto__'],
  ['a.fr', `${open}, routes: { "~ (": { service: crm } }`, 'route.regex.invalid 5 "~ ("'],
  [
    'a.fr',
    `${open}, routes: { /: { service: crm }, /a: { service: crm, strip-path: true }, /a/: { service: crm, strip-path: true } }`,
    'route.duplicate 5 /a/',
  ],
  ['a.fr', `${open}, routes: { /: { service: crn } }`, 'service.unknown 5 crn'],
  ['a.fr', `${open}, routes: { /: {} }`, 'service.unpublished 3 crm', 'route.key.missing 5 /'],
  ['a.fr', `${open}, routes: { /: { service: crm, limit: 1 } }`, 'route.key.unknown 5 limit'],
  ['a.fr', `${open}, routes: { /: { service: crm, limits: { requests: lots } } }`, 'value.rate 5 lots'],
  [
    'a.fr',
    `${open}, routes: { /: { service: crm, limits: { requests: 1/s, speed: fast } } }`,
    'value.speed 5 fast',
  ],
  [
    'a.fr',
    `${open}, routes: { /: { service: crm, keep-path: true, strip-path: true } }`,
    'route.strip.both 5 strip-path',
  ],
  [
    'a.fr',
    `${open}, routes: { "~ ^/": { service: crm, strip-path: true } }`,
    'route.strip.regex 5 strip-path',
  ],
  ['a.fr', `${open}, routes: { /a/: { service: crm } }`, 'route.healthy.unproved 5 /a/'],
  ['a.fr', `${open}, routes: { /a/: { service: crm, strip-path: true } }`],
] as [string, string, ...string[]][])
  rows.push([`${name}: ${entry}`, `${good}publications:\n  ${name}: { ${entry} }\n`, found]);

rows.push(
  [
    'two spellings of a name',
    `${good}${published}  CRM.localhost.: { service: crm, audience: everyone }\n`,
    ['publication.duplicate 6 CRM.localhost.'],
  ],
  [
    'an entry whose name is wrong in every way',
    'site: s\nservices: { "€": 1 }\n',
    ['value.name 2 "€"', 'service.unpublished 2 "€"', 'value.type.map 2 1'],
  ],
  [
    'a name of 300 characters',
    `${good}publications:\n  ${'a23456789.'.repeat(30)}fr: { service: crm, audience: everyone }\n`,
    [`value.dns 5 ${'a23456789.'.repeat(30)}fr`],
  ],
  [
    'a network, where there are zones',
    `${good}zones: { lan: { networks: [::1] } }\npublications: { a.fr: { service: crm, audience: { from: [::x] } } }\n`,
    ['value.network 5 ::x'],
  ],
  ['a key that an engine needs', 'site: s\ngateway: { cache: {} }\n', ['gateway.key.missing 2 cache']],
  [
    'promises that a route does not lead to',
    `site: s
services:
  crm:
    url: http://a
    healthy: { path: /up }
    events: [/stream]
    websocket: { path: /ws, send: a, contains: a }
publications:
  a.fr:
    audience: everyone
    routes:
      /crm/: { service: crm }
`,
    [
      'route.healthy.unproved 12 /crm/',
      'route.events.unproved 12 /crm/',
      'route.websocket.unproved 12 /crm/',
    ],
  ],
  [
    'promises that another route of the publication leads to',
    `site: s
services:
  crm: { url: http://a, healthy: { path: /up }, events: [/up/stream] }
publications:
  a.fr: { audience: everyone, routes: { /: { service: crm }, /crm/: { service: crm } } }
  b.fr: { audience: everyone, routes: { /x/: { service: crm }, /y/: { service: crm } } }
`,
    ['route.healthy.unproved 6 /x/', 'route.events.unproved 6 /x/'],
  ],
);

const named = `${good}${published}zones: { lan: { networks: [10.0.0.0/24] } }\nhosts: { erp: {}, gw: {} }\nexpect:\n`;
for (const [assertion, ...found] of [
  ['deny: { from: internet, to: erp }'],
  ['deny: { from: 10.0.0.7, to: lan, port: 22 }'],
  ['allow: { from: everyone, to: CRM.localhost., port: 443 }'],
  ['deny: { from: erq, to: crm.localhots }', 'assertion.unknown 9 erq', 'assertion.unknown 9 crm.localhots'],
  ['deny: { from: crm.localhost, to: erp }', 'assertion.from.publication 9 crm.localhost'],
  ['deny: { from: 10.0.0.300, to: erp }', 'value.network 9 10.0.0.300'],
  ['deny: { from: lan, to: erp, prt: 1 }', 'assertion.key.unknown 9 prt'],
  ['deny: { from: lan }', 'assertion.key.missing 9 deny'],
  ['deny: { from: lan, to: erp, port: 0 }', 'value.least 9 0'],
  ['dney: { from: lan, to: erp }', 'assertion.key.unknown 9 dney'],
  ['deny: lan', 'value.type.map 9 lan'],
  ['{}', 'assertion.missing 9 {}'],
] as [string, ...string[]][])
  rows.push([`expect: ${assertion}`, `${named}  - ${assertion}\n`, found]);
rows.push(
  [
    'an assertion that denies and allows',
    `${named}  - deny: { from: lan, to: erp }\n    allow: { from: lan, to: erp }\n`,
    ['assertion.both 10 allow'],
  ],
  [
    'a name of a zone and of a host',
    `site: s\nzones: { a: { networks: ["::1"] } }\nhosts: { a: {} }\nexpect: [{ deny: { from: a, to: internet } }]\n`,
    ['assertion.ambiguous 4 a'],
  ],
);

// Machines that are reached, administered and connected; each row is the end of a description that is right otherwise.
const networks = `${good}zones: { lan: { networks: [10.0.0.0/24] } }\n`;
const at = networks.split('\n').length;
for (const [entry, ...found] of [
  ['hosts: { a: { address: [10.0.0.1, "fd00::1"], ssh: {} } }\nadmin: { from: [lan, 10.9.0.0/16, a] }'],
  ['hosts: { a: { address: 10.0.0.1, ssh: {} } }', `admin.missing ${at} ssh`],
  ['hosts: { a: { ssh: {} } }\nadmin: { from: [lan] }', `host.address.missing ${at} ssh`],
  ['hosts: { a: { roles: [vantage] } }', `host.vantage.ssh ${at} [vantage]`],
  [
    'hosts: { a: { address: 10.0.0.1, roles: [vantage, router], ssh: {} } }',
    `host.vantage.roles ${at} [vantage, router]`,
  ],
  [
    'hosts: { a: { address: 10.0.0.1, ssh: { via: b } }, b: { address: 10.0.0.2, ssh: { via: a } } }',
    `host.via.loop ${at} b`,
    `host.via.loop ${at} a`,
  ],
  ['hosts: { a: { address: 10.0.0.1, ssh: { via: b } }, b: {} }', `host.via.unreachable ${at} b`],
  ['hosts: { a: { address: 10.0.0.1, ssh: { via: c } } }', `host.unknown ${at} c`],
  [
    'hosts: { a: { address: 10.0.0.1, ssh: { host-key: abc } } }\nadmin: { from: [lan] }',
    `value.host-key ${at} abc`,
  ],
  ['admin: { form: [lan] }', `admin.key.missing ${at} admin`, `admin.key.unknown ${at} form`],
  ['admin: { from: [lna] }', `assertion.unknown ${at} lna`],
  ['admin: { from: [crm.localhost] }', `assertion.from.publication ${at} crm.localhost`],
  ['flows: [{ from: lan, to: internet, ports: [53], protocol: udp, why: names }]'],
  [
    'flows: [{ from: lan, to: internet, ports: [53] }]',
    `grant.key.missing ${at} { from: lan, to: internet, ports: [53] }`,
  ],
  ['flows: [{ from: lan, to: internet, ports: [53], why: x, prot: udp }]', `grant.key.unknown ${at} prot`],
  [
    'flows: [{ from: lan, to: crm.localhost, ports: [53], why: x }]',
    `assertion.from.publication ${at} crm.localhost`,
  ],
] as [string, ...string[]][])
  rows.push([
    entry,
    `${networks}${entry}\npublications: { crm.localhost: { service: crm, audience: everyone } }\n`,
    found,
  ]);

for (const [service, publication, ...found] of [
  ['url: "tcp://10.0.0.1:22", healthy: { path: / }', 'scenario: direct, port: 2222'],
  ['url: "tcp://10.0.0.1:443", healthy: { path: / }', 'scenario: direct, dns: { internet: [192.0.2.1] }'],
  ['url: "tcp://10.0.0.1", healthy: { path: / }', 'scenario: direct', 'value.url 3 "tcp://10.0.0.1"'],
  ['url: "tcp://10.0.0.1:22", healthy: { path: / }', 'scenario: proxy', 'publication.proxy.tcp 5 a.fr'],
  ['url: "http://10.0.0.1", healthy: { path: / }', 'port: 2222', 'publication.port.proxy 5 port'],
  ['url: "http://10.0.0.1", healthy: { path: / }', 'scenario: direct', 'publication.direct.http 5 a'],
  [
    'url: "tcp://a.lan:22", healthy: { path: / }',
    'scenario: direct, port: 22',
    'publication.direct.address 5 a',
  ],
  [
    'url: "tcp://10.0.0.1:22", healthy: { path: / }',
    'scenario: direct, port: 443',
    'publication.port.gateway 5 443',
  ],
  [
    'url: "tcp://10.0.0.1:22", healthy: { path: / }',
    'scenario: direct, tls: internal',
    'publication.direct.tls 5 tls',
  ],
  [
    'upstreams: [{ url: "tcp://10.0.0.1:22" }, { url: "tcp://10.0.0.2:22" }], healthy: { path: / }',
    'scenario: direct, port: 22',
    'publication.direct.several 5 a',
  ],
  ['url: "http://10.0.0.1", healthy: { path: / }', 'dns: { lan: [10.0.0.1] }', 'zone.unknown 5 lan'],
  [
    'url: "http://10.0.0.1", healthy: { path: / }, needs: [a]',
    'tls: internal',
    'service.needs.host 3 needs',
    'service.needs.self 3 a',
  ],
] as [string, string, ...string[]][])
  rows.push([
    `${service} as ${publication}`,
    `site: s\nservices:\n  a: { ${service} }\npublications:\n  a.fr: { service: a, audience: everyone, ${publication} }\n`,
    found,
  ]);
rows.push(
  [
    'a direct publication with routes',
    'site: s\nservices: { a: { url: "tcp://10.0.0.1:22", healthy: { path: / } } }\npublications:\n  a.fr: { scenario: direct, audience: everyone, routes: { /: { service: a } } }\n',
    ['publication.direct.routes 4 routes'],
  ],
  [
    'a port forwarded twice',
    'site: s\nservices: { a: { url: "tcp://10.0.0.1:22", healthy: { path: / } } }\npublications:\n  a.fr: { service: a, scenario: direct, port: 22, audience: everyone }\n  b.fr: { service: a, scenario: direct, port: 22, audience: everyone }\n',
    ['publication.port.twice 5 22'],
  ],
);

rows.push(
  ['a threshold of bans that is a number', 'site: s\nbans: { ssh: 3 }\n', ['value.choice 2 3']],
  ['bans for something else', 'site: s\nbans: { shh: false }\n', ['site.key.unknown 2 shh']],
  [
    'a target that is only a name',
    `${good}publications:
  a.fr:
    service: crm
    audience: everyone
    scenario: proxy+waf
    waf: { exclusions: [{ rule: 942100, path: /, target: q, why: x }] }
`,
    ['value.target 9 q'],
  ],
);
rows.push([
  'bans that could not be',
  'site: s\nbans:\n  ssh: { for: 8d }\n  waf: { within: 0s }\n  never: [nobody]\n',
  ['bans.longest 3 ssh', 'bans.zero 4 waf', 'assertion.unknown 5 nobody'],
]);

/** Codes that appeared, as findings or as their hints. */
const told = new Set<string>();

test.each(rows)('%s', async (_, yaml, expected) => {
  const { findings, site } = await describeText(yaml);
  const lines = yaml.split('\n');
  const marked = findings.map(({ code, at }) => {
    const text = at && lines[at.line - 1]?.slice(at.column - 1, at.column - 1 + at.length);
    return `${code} ${at?.line} ${text}`;
  });
  for (const { code, hint } of findings) told.add(code).add(hint?.code ?? code);
  expect(marked).toEqual(expected);
  expect(site === undefined).toBe(findings.some((f) => f.severity === 'error'));
});

test('every message is told by some mistake', () => {
  // Files are broken in describe.test.ts, some are words of the report, and hosts have no key that they need yet.
  const elsewhere = /^((file|include|severity|report)\.|(host\.key\.missing|value\.hours)$)/;
  expect(Object.keys(messages).filter((code) => !told.has(code) && !elsewhere.test(code))).toEqual([]);
});

test.each([
  ['site: s\nbans: { ssh: 3 }\n', '"3" is not one of: false, { failures, within, for, longest }', undefined],
  ['site: s\nbans: { shh: false }\n', 'unknown key "shh" in the description', 'did you mean "ssh"?'],
  [
    'site: s\nbans:\n',
    '"bans" must hold keys and values',
    'write bans: { ssh: … }; known here: ssh, portal, waf, floods, scans, never, contact',
  ],
  [
    'site: s\nbans: { ssh: { within: 10 } }\n',
    '"10" is not a duration: write a number and a unit, such as 30s, 5m, 12h or 90d',
    undefined,
  ],
])('what to write instead: %s', async (yaml, said, hint) => {
  const { findings } = await describeText(yaml);
  expect(findings.map((f) => [say('en', f), f.hint && say('en', f.hint)])).toContainEqual([said, hint]);
});
