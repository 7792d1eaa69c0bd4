import { expect, test } from 'vitest';
import { letsEncrypt } from '../model/acme-site.ts';
import { describeText } from './testing.ts';

const described = (acme: string, publications: string, more = '') =>
  describeText(`site: s
${more}services:
  crm: { url: "http://10.0.0.1", healthy: { path: / } }
acme: ${acme}
publications:
${publications}`);

const agreed = '{ terms: agreed }';
const byDns = '{ terms: agreed, dns: { hook: [/usr/local/bin/dns] } }';
const privately = '{ terms: agreed, directory: "https://ca.internal/acme", trust: ca.pem }';
const published = (name: string, tls: string, more = 'audience: everyone') =>
  `  ${name}: { service: crm, ${more}, tls: ${tls} }\n`;

/** Rows of: the section, the publications, the codes that are found, and what else stands above. */
const rows: [string, string, string[], string?][] = [
  [agreed, published('a.fr', 'acme'), []],
  ['{}', published('a.fr', 'acme'), ['acme.terms']],
  ['{ terms: yes }', published('a.fr', 'acme'), ['value.choice', 'acme.terms']],
  ['{ terms: agreed, mail: a }', published('a.fr', 'acme'), ['acme.key.unknown']],
  ['{ terms: agreed, directory: "http://ca.fr/" }', published('a.fr', 'acme'), ['value.acme.directory']],
  ['{ terms: agreed, eab: { key: { file: /k } } }', published('a.fr', 'acme'), ['acme.key.missing']],
  [agreed, published('a.fr', 'internal'), ['acme.unused']],
  // How names are validated
  [agreed, published('"*.a.fr"', 'acme'), ['acme.wildcard']],
  [byDns, published('"*.a.fr"', 'acme'), []],
  [byDns, published('"*.a.fr"', '{ acme: { challenge: http } }'), ['acme.wildcard']],
  ['{ terms: agreed, challenge: dns }', published('a.fr', 'acme'), ['acme.dns.missing']],
  [agreed, published('a.fr', '{ acme: { challenge: dns } }'), ['acme.dns.missing']],
  ['{ terms: agreed, dns: {} }', published('a.fr', 'acme'), ['acme.dns.empty']],
  ['{ terms: agreed, dns: { hook: [dns] } }', published('a.fr', 'acme'), ['value.file.absolute']],
  [
    '{ terms: agreed, dns: { rfc2136: { server: "a:b:c", key: { name: k, secret: { file: /k } } } } }',
    published('a.fr', 'acme'),
    ['value.acme.server'],
  ],
  [agreed, published('a.fr', 'acme'), ['acme.http.port'], 'gateway: { http-port: 8080 }\n'],
  [agreed, published('a.fr', 'acme'), [], 'gateway: { http-port: 8080, public-port: 443 }\n'],
  [byDns, published('a.fr', '{ acme: { challenge: dns } }'), [], 'gateway: { http-port: 8080 }\n'],
  [agreed, published('a.fr', 'acme', 'audience: { from: [10.0.0.0/8] }'), ['acme.http.audience']],
  // Names
  [agreed, published('a.internal', 'acme'), ['acme.name.private']],
  [privately, published('a.internal', 'acme'), []],
  [
    agreed,
    published('"~^a.fr$"', 'acme', 'audience: everyone, example: a.fr'),
    ['publication.tls.names.missing'],
  ],
  [
    agreed,
    published('"~^a[.]fr$"', '{ acme: { names: [b.fr] } }', 'audience: everyone, example: a.fr'),
    ['publication.tls.names.mismatch'],
  ],
  [
    agreed,
    published('a.fr', '{ acme: { certificate: one } }') +
      published('b.fr', '{ acme: { certificate: one, profile: x } }'),
    ['acme.certificate.differs'],
  ],
  ['{ terms: agreed, shared: { key: { file: /k } } }', published('a.fr', 'acme'), ['acme.shared.store']],
];

test.each(rows)('acme: %s %s', async (acme, publications, codes, more) => {
  const { findings } = await described(acme, publications, more);
  expect(findings.map(({ code }) => code).sort()).toEqual([...codes].sort());
});

test('publications share a certificate by its name, and others have one each', async () => {
  const { site } = await described(
    '{ terms: agreed, email: a@b.fr, challenge: http, dns: { rfc2136: { server: "10.0.0.53:5353", key: { name: k, secret: { file: /k } } } }, profile: short }',
    published('A.fr', '{ acme: { certificate: house } }') +
      published('"*.b.fr"', '{ acme: { certificate: house, names: ["*.b.fr", b.fr] } }') +
      published('c.fr', '{ acme: { key-type: rsa-2048 } }'),
  );
  expect(site?.acme?.certificates).toMatchObject([
    {
      id: 'shared-house',
      names: ['a.fr', '*.b.fr', 'b.fr'],
      challenge: 'dns',
      keyType: 'ecdsa-p256',
      profile: 'short',
    },
    { id: 'c_fr', names: ['c.fr'], challenge: 'http', keyType: 'rsa-2048' },
  ]);
  expect(site?.acme).toMatchObject({
    authority: { directory: letsEncrypt.directory, contact: ['a@b.fr'], termsAgreed: true },
    staging: letsEncrypt.staging,
    dns: { kind: 'rfc2136', server: '10.0.0.53:5353', key: { name: 'k', algorithm: 'hmac-sha256' } },
  });
  expect(site?.publications.map((p) => p.scenario === 'proxy' && p.tls)).toMatchObject([
    { kind: 'acme', certificate: 'shared-house', names: ['a.fr'] },
    { kind: 'acme', certificate: 'shared-house', names: ['*.b.fr', 'b.fr'] },
    { kind: 'acme', certificate: 'c_fr', names: ['c.fr'] },
  ]);
});
