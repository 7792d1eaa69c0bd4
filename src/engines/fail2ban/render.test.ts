import { expect, test } from 'vitest';
import { networkOf } from '../../plan/network.ts';
import { siteOf } from '../../plan/testing.ts';
import engine from './engine.ts';
import { comment, section, setting, write } from './syntax.ts';

// `npx vitest run src/engines/fail2ban/render.test.ts -u` writes the golden files anew.

const yaml = (bans: string, host = '') => `site: mairie
zones: { lan: { networks: [10.0.0.0/24] } }
hosts:
  gw: { address: [10.0.0.2, "2001:db8::2"], roles: [gateway], ssh: {} }
  erp: { address: 10.0.0.15, ssh: {}${host} }
  printer: { address: 10.0.0.9 }
admin: { from: [192.0.2.9] }
gateway: { trusted-fronts: [198.51.100.1] }
${bans}`;

async function parts(text: string) {
  const asked = networkOf(await siteOf(text));
  return new Map(asked.site.hosts.map((host) => [host.name, engine.part(asked, host)]));
}

test('golden: jails of the gateway and of another machine', async () => {
  const all = await parts(yaml('bans: { scans: { failures: 3 }, floods: false, never: [203.0.113.0/24] }\n'));
  for (const name of ['gw', 'erp'])
    for (const { path, content } of all.get(name)?.files ?? [])
      if (path.endsWith('.local') || path.endsWith('.conf') || name === 'gw')
        await expect('text' in content ? content.text : '').toMatchFileSnapshot(
          `golden/${name}-${path.split('/').slice(-2).join('-')}`,
        );
  expect(all.get('printer')).toBeUndefined();
  const [jails] = all.get('gw')?.files ?? [];
  expect(jails?.origins).toContain('/bans/scans');
});

test('nothing is brought where nobody is banned, nothing is counted, or the host is left alone', async () => {
  expect([...(await parts(yaml(''))).values()]).toEqual([undefined, undefined, undefined]);
  const web = await parts(yaml('bans: { ssh: false }\n'));
  expect([web.get('erp'), web.get('gw')?.name]).toEqual([undefined, 'fail2ban']);
  expect((await parts(yaml('bans: {}\n', ', fail2ban: false'))).get('erp')).toBeUndefined();
});

test('nothing breaks out of its line', () => {
  expect(write([comment('a\nb'), section('x', ''), setting('k', '1', '/bans')])).toEqual({
    text: '# a?b\n[x]\nk = 1\n',
    origins: ['', '', '/bans'],
  });
  for (const value of ['a\nb', '%(x)s', '<ip>', '$(x)', '`x`'])
    expect(() => write([setting('k', value, '')])).toThrow();
  expect(() => write([section('a]\n[b', '')])).toThrow();
});
