import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BundlePart } from '../../model/bundle.ts';
import { networkOf } from '../../plan/network.ts';
import { siteOf } from '../../plan/testing.ts';
import { diagnose } from './diagnose.ts';
import engine from './engine.ts';
import { seenScript, toldScript } from './files.ts';

// Whether real fail2ban takes what is written and understands what the gateway tells it, and what the kernel makes of a ban; on whole
// machines, packaging/bans.lab-test.ts.

const hasFail2ban = existsSync('/usr/bin/fail2ban-client');
const canBan = process.getuid?.() === 0 && existsSync('/usr/sbin/nft') && existsSync('/usr/bin/unshare');
let folder: string;
let part: BundlePart;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-fail2ban-'));
  const asked = networkOf(
    await siteOf(`site: s
hosts: { gw: { address: 192.0.2.1, roles: [gateway], ssh: {} } }
admin: { from: [192.0.2.9] }
bans: {}
`),
  );
  part = asked.site.hosts.map((host) => engine.part(asked, host))[0] as BundlePart;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const textOf = (end: string): string => {
  const content = part.files.find(({ path }) => path.endsWith(end))?.content;
  return content && 'text' in content ? content.text : '';
};

describe.runIf(hasFail2ban)('fail2ban', () => {
  /** The system's own configuration, with ours in it. */
  async function configured(jails: string): Promise<string> {
    const at = await mkdtemp(join(folder, 'etc-'));
    await cp('/etc/fail2ban', at, { recursive: true });
    await writeFile(join(at, 'jail.d/zz-poterne.local'), jails);
    await writeFile(join(at, 'filter.d/poterne.conf'), textOf('filter.d/poterne.conf'));
    await writeFile(join(at, 'action.d/poterne.conf'), textOf('action.d/poterne.conf'));
    return at;
  }

  test('takes it, and complains of what it does not', async () => {
    const good = spawnSync('fail2ban-client', ['-c', await configured(textOf('zz-poterne.local')), '-t'], {
      encoding: 'utf8',
    });
    expect([good.status, good.stdout]).toEqual([0, expect.stringContaining('successful')]);
    const broken = textOf('zz-poterne.local').replace('poterne[kind=waf]', 'nothing[kind=waf]');
    const bad = spawnSync('fail2ban-client', ['-c', await configured(broken), '-t'], { encoding: 'utf8' });
    expect(bad.status).not.toBe(0);
    expect(diagnose(`${bad.stdout}${bad.stderr}`)).toEqual(
      expect.arrayContaining([expect.objectContaining({ severity: 'error' })]),
    );
  });

  test('understands what the gateway tells, and nothing else', async () => {
    const filter = join(folder, 'poterne.conf');
    await writeFile(filter, textOf('filter.d/poterne.conf').replaceAll('<kind>', 'waf'));
    const matched = (line: string) =>
      /(\d+) matched/.exec(
        spawnSync('fail2ban-regex', ['--datepattern', '^EPOCH', `1764136800 ${line}`, filter], {
          encoding: 'utf8',
        }).stdout,
      )?.[1];
    expect(matched('gw poterne[7]: offence waf 2001:db8::')).toBe('1');
    expect(matched('gw poterne[7]: offence portal 192.0.2.7')).toBe('0');
    expect(matched('gw poterne[7]: x offence waf 192.0.2.7')).toBe('0');
  });
});

describe.runIf(canBan)('a ban', () => {
  test('stands in the set, of IPv6 a /64, also without a firewall of ours, and goes again', async () => {
    const script = join(folder, 'told');
    await writeFile(script, toldScript(['192.0.2.9/32', '2001:db8:9::/48']), { mode: 0o755 });
    const told = (...words: readonly string[]) => `${script} ${words.join(' ')}`;
    const out = execFileSync(
      'unshare',
      [
        ...['--net', 'sh', '-euc'],
        [
          told('ban', 'ssh', '192.0.2.7', '60', '0'),
          told('ban', 'ssh', '192.0.2.7', '600', '1'),
          told('ban', 'ssh', '2001:db8:1:2::/64', '60', '0'),
          told('ban', 'waf', '192.0.2.99', '60', '0'),
          'nft list ruleset',
          told('unban', 'ssh', '192.0.2.7', '0', '0'),
          told('unban', 'ssh', '2001:db8:1:2::/64', '0', '0'),
          'echo then; nft list ruleset',
        ].join('\n'),
      ],
      { encoding: 'utf8' },
    );
    const [before = '', after = ''] = out.split('then\n');
    expect(before).toContain('192.0.2.7 timeout 10m');
    expect(before).toContain('2001:db8:1:2::/64 timeout 1m');
    expect(before).toMatch(
      /ip saddr 192\.0\.2\.9 accept\n\s*ip6 saddr 2001:db8:9::\/48 accept\n\s*ip saddr @ssh4/,
    );
    expect(before).toMatch(/priority -310|priority raw - 10/);
    expect(`${before}${after}`).not.toContain('192.0.2.99');
    expect(after).not.toContain('elements');
    const refused = spawnSync(script, ['ban', 'ssh', '192.0.2.7; x', '60', '0'], { encoding: 'utf8' });
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('not an address')]);
  });
});

test('a failure that fail2ban cannot count by the /64 counts by its address: IPv4, beside who is never banned, and when it does not answer', async () => {
  const script = join(folder, 'seen');
  const text = seenScript(['192.0.2.9/32', '2001:db8:9::9/128', '2001:db8:8::/48']);
  expect(text).toContain("apart = ['2001:db8:9::/64']");
  await writeFile(script, text.replace('/usr/bin/fail2ban-client', '/usr/bin/false'), { mode: 0o755 });
  for (const address of ['192.0.2.7', '2001:db8:9::7', '2001:db8:7::7'])
    expect(spawnSync(script, [address], { encoding: 'utf8' })).toMatchObject({ status: 1, stderr: '' });
});
