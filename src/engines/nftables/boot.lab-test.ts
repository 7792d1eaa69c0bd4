import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { down, type Lab, up } from '../../../lab/lab.ts';
import { networkOf } from '../../plan/network.ts';
import { siteOf } from '../../plan/testing.ts';
import { unitName } from './actions.ts';
import engine from './engine.ts';
import { situations } from './testing-sites.ts';

/** The files of every host's part, by path; rulesets that are only checked go to /tmp. */
async function filesOf(yaml: string, host: string): Promise<Record<string, { content: string }>> {
  const asked = networkOf(await siteOf(yaml));
  return Object.fromEntries(
    asked.site.hosts
      .filter(({ name }) => name === host)
      .flatMap((one) => engine.part(asked, one)?.files ?? [])
      .flatMap(({ path, content }) => ('text' in content ? [[path, { content: content.text }]] : [])),
  );
}

const releases = ['bookworm', 'trixie'] as const;
let lab: Lab;

beforeAll(async () => {
  const site = `site: s
hosts: { erp: { address: 192.0.2.1, ssh: {} } }
admin: { from: [198.18.0.0/16, 192.0.2.0/24] }
`;
  const goldens = await Promise.all(
    Object.entries(situations).map(async ([name, yaml]) => {
      const { hosts } = await siteOf(yaml);
      const each = await Promise.all(
        hosts.map(async (host) => {
          const ruleset = (await filesOf(yaml, host.name))['/etc/poterne/firewall.nft'];
          return ruleset ? [[`/root/golden/${name}-${host.name}.nft`, ruleset] as const] : [];
        }),
      );
      return each.flat();
    }),
  );
  const router = site.replace('ssh: {}', 'ssh: {}, roles: [router]');
  const files = { ...(await filesOf(router, 'erp')), ...Object.fromEntries(goldens.flat()) };
  const host = (release: (typeof releases)[number], last: number) => ({
    release,
    interfaces: { lan: [`192.0.2.${last}`] },
    files,
    run: [['systemctl', 'enable', '--now', unitName]],
  });
  lab = await up({
    name: `nft-boot-${process.pid}`,
    zones: { lan: { networks: ['192.0.2.0/24'] } },
    hosts: { bookworm: host('bookworm', 1), trixie: host('trixie', 2) },
  });
});
afterAll(() => down(lab.name));

describe.each(releases)('on %s', (release) => {
  const run = (...argv: readonly string[]) => lab.host(release).run(argv);
  const closed = async () =>
    (await run('nft', 'list', 'table', 'inet', 'poterne')).stdout.includes('policy drop');

  test('nft accepts every golden ruleset, and the unit is well formed', async () => {
    const { stdout } = await run(
      'sh',
      '-c',
      'for f in /root/golden/*.nft; do nft -c -f "$f" && echo ok; done',
    );
    expect(stdout.trim().split('\n')).toHaveLength(
      (await run('ls', '/root/golden')).stdout.trim().split('\n').length,
    );
    expect(await run('systemd-analyze', 'verify', unitName)).toMatchObject({ code: 0, stderr: '' });
  });

  test('it is closed at once, and before the network after a boot', async () => {
    expect(await closed()).toBe(true);
    await lab.host(release).reboot();
    expect(await closed()).toBe(true);
    const when = async (unit: string) =>
      Number((await run('systemctl', 'show', '-P', 'ActiveEnterTimestampMonotonic', unit)).stdout);
    expect(await when(unitName)).toBeGreaterThan(0);
    expect(await when(unitName)).toBeLessThan(await when('ssh.service'));
  });

  test('without its rules it forwards nothing: what a boot does that cannot load them', async () => {
    const forwarding = async () => (await run('sysctl', '-n', 'net.ipv4.ip_forward')).stdout.trim();
    const off = () => run('sysctl', '-q', 'net.ipv4.ip_forward=0');
    expect(await forwarding()).toBe('1');
    const rules = '/etc/poterne/firewall.nft';
    await run('mv', rules, `${rules}.away`);
    await off();
    expect((await run('systemctl', 'restart', 'systemd-sysctl')).code).toBe(0);
    expect((await run('systemctl', 'restart', unitName)).code).not.toBe(0);
    expect(await forwarding()).toBe('0');
    await run('mv', `${rules}.away`, rules);
    // The lab keeps the network over a boot, and what it was told.
    await off();
    await lab.host(release).reboot();
    expect(await forwarding()).toBe('1');
  });

  test('Debian’s nftables.service flushes everything, and the rules are back when it is done', async () => {
    for (const verb of ['start', 'restart', 'reload', 'restart', 'reload', 'stop', 'start']) {
      expect((await run('systemctl', verb, 'nftables')).code, verb).toBe(0);
      expect(await closed(), verb).toBe(true);
    }
    expect((await run('systemctl', 'enable', 'nftables')).code).toBe(0);
    await lab.host(release).reboot();
    expect((await run('systemctl', 'is-active', 'nftables', unitName)).stdout.trim().split('\n')).toEqual([
      'active',
      'active',
    ]);
    expect(await closed()).toBe(true);
  });

  test('also when it is restarted so often that systemd refuses', async () => {
    const codes = new Set<number | undefined>();
    for (let n = 0; n < 8; n++) {
      codes.add((await run('systemctl', 'restart', 'nftables')).code);
      expect(await closed()).toBe(true);
    }
    // Debian's own unit was refused.
    expect([...codes]).toEqual([0, 1]);
    expect((await run('systemctl', 'reset-failed', 'nftables')).code).toBe(0);
  });

  test('stopping the unit opens nothing', async () => {
    expect((await run('systemctl', 'stop', unitName)).code).toBe(0);
    expect(await closed()).toBe(true);
  });
});
