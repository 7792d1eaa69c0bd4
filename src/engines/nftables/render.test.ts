import { describe, expect, test } from 'vitest';
import type { BundlePart } from '../../model/bundle.ts';
import { networkFindings, networkOf } from '../../plan/network.ts';
import { siteOf } from '../../plan/testing.ts';
import engine from './engine.ts';
import { situations } from './testing-sites.ts';

// `npx vitest run src/engines/nftables/render.test.ts -u` writes the golden files anew.

/** The part of each host that has one. */
async function parts(yaml: string): Promise<ReadonlyMap<string, BundlePart>> {
  const asked = networkOf(await siteOf(yaml));
  return new Map(
    asked.site.hosts.flatMap((host) => {
      const part = engine.part(asked, host);
      return part ? [[host.name, part] as const] : [];
    }),
  );
}

function text(part: BundlePart | undefined, path = '/etc/poterne/firewall.nft'): string {
  const content = part?.files.find((file) => file.path === path)?.content;
  return content && 'text' in content ? content.text : '';
}

describe.each(Object.entries(situations))('golden %s', (name, yaml) => {
  test('rulesets, and what goes with them', async () => {
    const site = await siteOf(yaml);
    const all = await parts(yaml);
    expect(all.size).toBeGreaterThan(0);
    for (const [host, part] of all) {
      for (const { path } of part.files) {
        const named = path.replace('.d/', '.').split('/').at(-1);
        const file = path.endsWith('.nft') ? `${host}.nft` : `${host}.${named}`;
        // What systemd is told is the same everywhere.
        if (!path.startsWith('/etc/systemd/') || name === 'alone')
          await expect(text(part, path)).toMatchFileSnapshot(`golden/${name}/${file}`);
      }
      expect(part.files[0]?.origins).toHaveLength(text(part).split('\n').length - 1);
    }
    expect([...(await parts(yaml))]).toEqual([...all]);
    expect(networkFindings(site).filter((f) => f.severity === 'error')).toEqual([]);
  });
});

test('a part is checked, loaded in one transaction, kept over a reboot, and taken back', async () => {
  const part = (await parts(situations.house as string)).get('box');
  expect(part).toMatchObject({
    name: 'nftables',
    packages: ['nftables', 'procps'],
    checks: [['nft', '-c', '-f', { staged: '/etc/poterne/firewall.nft' }]],
    actions: [
      ['nft', '-f', '/etc/poterne/firewall.nft'],
      ['sysctl', '-q', '-p', '/etc/poterne/forwarding.conf'],
    ],
    units: [{ name: 'poterne-firewall.service', enabled: true, running: true, onChange: 'nothing' }],
    confirm: 120,
  });
  // Only IPv4 is led on there: IPv6 forwarding would end the host's own configuration by its router.
  expect(text(part, '/etc/poterne/forwarding.conf')).not.toContain('ipv6');
  // At boot, only once the rules are there.
  expect(text(part, '/etc/systemd/system/poterne-firewall.service')).toMatch(
    /^ExecStart=.*nft -f .*\nExecStartPost=\/usr\/sbin\/sysctl -q -p \/etc\/poterne\/forwarding\.conf$/m,
  );
});

test('a host that is left alone, is only described or only looked from has no part', async () => {
  const all = await parts(situations.house as string);
  expect([...all.keys()]).toEqual(['box', 'nas']);
  const seen = await parts(`site: s
hosts:
  erp: { address: 10.0.0.15 }
  probe: { address: 10.0.0.16, ssh: {}, roles: [vantage] }
`);
  expect(seen.size).toBe(0);
});

test('a zone says what its machines may connect to; the gateway’s own is closed unless it says otherwise', async () => {
  const site = (dmz: string, lan: string) => `site: s
zones: { dmz: { networks: [10.20.0.0/24]${dmz} }, lan: { networks: [10.10.0.0/24]${lan} } }
hosts:
  gateway: { address: 10.20.0.2, roles: [gateway], ssh: {} }
  other: { address: 10.20.0.3, ssh: {} }
  erp: { address: 10.10.0.15, ssh: {} }
admin: { from: [lan] }
`;
  const closed = async (yaml: string) =>
    [...(await parts(yaml))].filter(([, part]) => text(part).includes('hook output')).map(([host]) => host);
  expect(await closed(site('', ''))).toEqual(['gateway', 'other']);
  expect(await closed(site(', outgoing: free', ', outgoing: described'))).toEqual(['erp']);
});

test('who may go to the internet is let in nowhere for it', async () => {
  const router = text((await parts(situations.perimeter as string)).get('router'));
  const input = router.slice(router.indexOf('chain input'), router.indexOf('chain refused_in'));
  expect(input).not.toContain('le web');
});

test('blocks that lie in one another are told once: nft refuses sets that overlap', async () => {
  const all = await parts(`site: s
zones:
  lan: { networks: [10.0.0.0/16, 10.0.5.0/24, 10.0.0.0/16] }
hosts: { erp: { address: 10.0.0.15, ssh: {} } }
admin: { from: [lan] }
`);
  expect(text(all.get('erp'))).toContain('ip saddr 10.0.0.0/16 tcp dport 22');
  expect(text(all.get('erp'))).toContain('elements = { 10.0.0.0/16 }');
});

describe('findings', () => {
  const found = async (yaml: string) => networkFindings(await siteOf(yaml));

  test('come soon for a thousand hosts', async () => {
    const hosts = Array.from(
      { length: 1000 },
      (_, n) => `  h${n}: { address: 10.7.${n >> 8}.${n & 255}, ssh: {} }`,
    );
    const site = await siteOf(['site: s', 'admin: { from: [10.0.0.9] }', 'hosts:', ...hosts, ''].join('\n'));
    const before = process.cpuUsage();
    expect(networkFindings(site)).toEqual([]);
    const { user } = process.cpuUsage(before);
    // A fifth of a second; it was seven seconds when each flow was looked at for each host.
    expect(user / 1e6).toBeLessThan(2);
  });

  test('an end without a known address, at what asks for it', async () => {
    const findings = await found(`site: s
zones: { dmz: { networks: [10.20.0.0/24] } }
hosts:
  gateway: { address: 10.20.0.2, roles: [gateway], ssh: {} }
  erp: { address: 10.20.0.15, ssh: {} }
  wiki: { address: wiki.lan }
admin: { from: [10.10.0.99] }
flows:
  - { from: wiki, to: erp, ports: [5432], why: a report }
  - { from: gateway, to: 10.20.0.53, ports: [53], protocol: udp, why: names }
services: { mail: { url: "http://mail.lan:81", healthy: { path: / } } }
publications: { mail.example.fr: { service: mail, audience: everyone } }
`);
    expect(findings.map(({ code, params, pointer }) => [code, params.name, pointer])).toEqual([
      ['firewall.address.unknown', 'mail.lan', '/publications/mail.example.fr/service'],
      ['firewall.address.unknown', 'wiki', '/flows/0'],
      ['firewall.mute', 'erp', '/hosts/erp'],
    ]);
    expect(findings.map((f) => f.severity)).toEqual(['error', 'error', 'warning']);
  });

  test('nothing where Poterne acts on no host', async () => {
    const yaml = `site: s
hosts: { gateway: { address: 10.20.0.2, roles: [gateway] } }
services: { mail: { url: "http://mail.lan:81", healthy: { path: / } } }
publications: { mail.example.fr: { service: mail, audience: everyone } }
`;
    expect(await found(yaml)).toEqual([]);
  });
});

test('a thousand publications are a short ruleset, and ports of their own a long one, soon written', async () => {
  const named = Array.from(
    { length: 1000 },
    (_, n) => `  p${n}.example.fr: { service: app, audience: everyone }`,
  );
  const ports = Array.from(
    { length: 300 },
    (_, n) =>
      `  d${n}.example.fr: { service: file, scenario: direct, port: ${3000 + n}, audience: everyone }`,
  );
  const asked = networkOf(
    await siteOf(`site: s
hosts: { gateway: { address: 10.20.0.2, roles: [gateway], ssh: {} } }
admin: { from: [10.10.0.99] }
services:
  app: { url: "http://10.10.0.15:8069", healthy: { path: / } }
  file: { url: "tcp://10.10.0.15:22" }
publications:
${[...named, ...ports].join('\n')}
`),
  );
  const gateway = asked.site.hosts[0];
  const begun = performance.now();
  const part = gateway && engine.part(asked, gateway);
  expect(performance.now() - begun).toBeLessThan(3000);
  expect(text(part)).toContain('p0.example.fr is open to everyone, and 999 more');
  expect(text(part).match(/dnat ip to 10.10.0.15:22/g)).toHaveLength(300);
  expect(text(part).split('\n').length).toBeLessThan(1100);
});

describe('diagnose', () => {
  test.each([
    [
      '/etc/poterne/firewall.nft:12:3-9: Error: syntax error, unexpected string\n  tcp dport county\n            ^^^^^^\n',
      [
        {
          severity: 'error',
          text: 'syntax error, unexpected string',
          file: '/etc/poterne/firewall.nft',
          line: 12,
          quoted: [],
        },
      ],
    ],
    [
      '/a/b.nft:3:17-147: Error: comment too long, 128 characters maximum allowed\n',
      [
        {
          severity: 'error',
          text: 'comment too long, 128 characters maximum allowed',
          file: '/a/b.nft',
          line: 3,
          quoted: [],
        },
      ],
    ],
    [
      'internal:0:0-0: Error: Could not open file "/x": No such file or directory\n',
      [{ severity: 'error', text: 'Could not open file "/x": No such file or directory', quoted: [] }],
    ],
    [
      'netlink: Error: cache initialization failed: Operation not permitted\n',
      [{ severity: 'error', text: 'cache initialization failed: Operation not permitted', quoted: [] }],
    ],
    ['sh: nft: not found\n', [{ severity: 'error', text: 'nft: not found', quoted: [] }]],
    ['', []],
  ])('%s', (output, complaints) => expect(engine.diagnose(output)).toEqual(complaints));
});
