import { describe, expect, test } from 'vitest';
import { say } from '../i18n/index.ts';
import { assertionFindings } from './assertions.ts';
import { siteOf } from './testing.ts';

const findings = async (assertion: string) =>
  assertionFindings(
    await siteOf(`site: s
zones:
  lan: { networks: [10.0.0.0/24] }
  dmz: { networks: [10.0.20.0/24] }
  guests: { networks: [10.0.50.0/24] }
hosts:
  gw: { address: 10.0.20.2, roles: [gateway] }
  erp: { address: 10.0.0.15, zone: lan }
  mail: { zone: lan }
services:
  erp-app: { url: "http://10.0.0.15:8069", healthy: { path: / } }
  mail-app: { host: mail, url: "http://mail.lan:81", healthy: { path: / } }
  cloud: { url: "http://cloud.example.com", healthy: { path: / } }
publications:
  www.example.fr: { service: mail-app, audience: everyone }
  erp.example.fr: { service: erp-app, audience: { from: [lan, 192.0.2.0/24] } }
  files.example.fr: { service: cloud, audience: { from: [lan] } }
expect: [${assertion}]
`),
  );

describe('what holds', () => {
  test.each([
    'deny: { from: internet, to: erp }',
    'deny: { from: everyone, to: erp, port: 22 }',
    'deny: { from: guests, to: erp.example.fr }',
    'deny: { from: 192.0.2.0/24, to: files.example.fr }',
    'deny: { from: erp, to: mail }',
    'deny: { from: gw, to: 10.0.0.15, port: 8070 }',
    'allow: { from: internet, to: www.example.fr, port: 443 }',
    'allow: { from: everyone, to: www.example.fr, port: 80 }',
    'allow: { from: guests, to: www.example.fr }',
    'allow: { from: lan, to: erp.example.fr }',
    'allow: { from: 192.0.2.64/26, to: erp.example.fr }',
    'allow: { from: erp, to: erp.example.fr }',
    'allow: { from: mail, to: erp.example.fr }',
    'allow: { from: gw, to: erp, port: 8069 }',
    'allow: { from: gw, to: lan, port: 81 }',
    'allow: { from: gw, to: 10.0.0.0/28 }',
    'allow: { from: 10.0.20.2, to: everyone }',
  ])('%s', async (assertion) => {
    expect(await findings(assertion)).toEqual([]);
  });
});

describe('what is broken, and by which flow', () => {
  test.each([
    [
      'deny: { from: internet, to: www.example.fr, port: 443 }',
      'internet reaches gw on port 443, because www.example.fr is open to everyone',
    ],
    [
      'deny: { from: internet, to: www.example.fr, port: 80 }',
      'internet reaches gw on port 80, because www.example.fr sends plain http on to https',
    ],
    // A public address of a partner, in no zone, is the internet.
    [
      'deny: { from: internet, to: erp.example.fr }',
      '192.0.2.0/24 reaches gw on port 443, because erp.example.fr is open to 192.0.2.0/24',
    ],
    // Everyone is every zone as well.
    [
      'deny: { from: guests, to: gw }',
      'internet reaches gw on port 443, because www.example.fr is open to everyone',
    ],
    ['deny: { from: 192.0.2.7, to: dmz, port: 443 }', /^(internet|192\.0\.2\.0\/24) reaches gw on port 443/],
    ['deny: { from: erp, to: erp.example.fr }', /^lan reaches gw on port 443/],
    ['deny: { from: mail, to: erp.example.fr }', /^lan reaches gw on port 443/],
    [
      'deny: { from: dmz, to: lan }',
      'gw reaches mail on port 81, because www.example.fr is served by mail-app',
    ],
    [
      'deny: { from: gw, to: 10.0.0.0/8, port: 8069 }',
      'gw reaches erp on port 8069, because erp.example.fr is served by erp-app',
    ],
    ['deny: { from: everyone, to: everyone }', /reaches/],
    ['allow: { from: internet, to: erp }', 'ways to erp are open only to: gw'],
    [
      'allow: { from: internet, to: erp.example.fr }',
      'ways to erp.example.fr are open only to: lan, 192.0.2.0/24',
    ],
    ['allow: { from: 192.0.0.0/16, to: erp.example.fr }', /open only to/],
    ['allow: { from: dmz, to: erp }', 'ways to erp are open only to: gw'],
    ['allow: { from: gw, to: erp, port: 22 }', 'nothing in the description opens a way to erp'],
    ['allow: { from: gw, to: guests, port: 8069 }', 'nothing in the description opens a way to guests'],
  ])('%s', async (assertion, hint) => {
    const [found, ...others] = await findings(assertion);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      severity: 'error',
      code: 'assertion.broken',
      params: { rule: assertion },
      pointer: `/expect/0/${assertion.split(':')[0]}`,
    });
    const text = found?.hint ? say('en', found.hint) : '';
    if (typeof hint === 'string') expect(text).toBe(hint);
    else expect(text).toMatch(hint);
  });
});

test.each([
  ['deny: { from: gw, to: internet }', 'cloud.example.com'],
  ['deny: { from: gw, to: guests }', 'cloud.example.com'],
  ['deny: { from: gw, to: 10.0.0.77 }', 'mail'],
  ['allow: { from: gw, to: 203.0.113.0/24 }', 'mail'],
])('%s cannot be told', async (assertion, unknown) => {
  const [found] = await findings(assertion);
  expect(found).toMatchObject({
    severity: 'warning',
    code: 'assertion.undecided',
    hint: { params: { unknown } },
  });
});
