import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { down, type Lab, up } from '../../../lab/lab.ts';
import { type BundlePart, keptObservation } from '../../model/bundle.ts';
import { confirmHost } from './converge.ts';
import { type Bench, bench, file, outcomes, part, sleep, unit } from './testing.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await up({
    name: `confirm-${process.pid}`,
    zones: { lan: { networks: ['10.77.1.0/24'] } },
    // By the topology's own wire: a firewall that drops it locks this machine out.
    controller: 'admin',
    hosts: {
      admin: { boot: false, interfaces: { lan: ['10.77.1.9'] } },
      bookworm: { interfaces: { lan: ['10.77.1.1'] } },
      trixie: { release: 'trixie', interfaces: { lan: ['10.77.1.2'] } },
    },
  });
});
afterAll(() => down(lab.name));

const ruleset = (ssh: 'accept' | 'drop') => `table inet poterne
delete table inet poterne
table inet poterne {
  chain input {
    type filter hook input priority 0; policy accept;
    tcp dport 22 ${ssh}
  }
}
`;

const boot = `[Unit]
DefaultDependencies=no
Before=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f /etc/poterne/ruleset.nft
ExecReload=/usr/sbin/nft -f /etc/poterne/ruleset.nft
[Install]
WantedBy=sysinit.target
`;

const firewall = (ssh: 'accept' | 'drop', confirm = 4): BundlePart =>
  part('firewall', {
    packages: ['nftables'],
    files: [
      file('/etc/poterne/ruleset.nft', ruleset(ssh)),
      file('/etc/systemd/system/poterne-firewall.service', boot),
    ],
    checks: [['nft', '-c', '-f', { staged: '/etc/poterne/ruleset.nft' }]],
    actions: [['nft', '-f', '/etc/poterne/ruleset.nft']],
    undo: [['nft', 'delete', 'table', 'inet', 'poterne']],
    observe: ['nft', '--stateless', 'list', 'table', 'inet', 'poterne'],
    restore: [
      ['nft', `add table inet poterne; delete table inet poterne; include "${keptObservation('firewall')}"`],
    ],
    units: [unit('poterne-firewall.service', { onChange: 'nothing' })],
    confirm,
  });

describe.each(['bookworm', 'trixie'] as const)('%s', (release) => {
  let on: Bench;
  const rules = async () => (await on.host.run(['nft', 'list', 'ruleset'])).stdout;
  const timers = async () =>
    (await on.host.run(['systemctl', 'list-timers', '--all', 'poterne*', '--no-legend'])).stdout;
  const rolledBack = async () => {
    for (let tries = 0; tries < 200; tries++) {
      const { code } = await on.host.run(['test', '-e', '/var/lib/poterne-host/rollback/firewall/armed']);
      if (code !== 0) return;
      await sleep(100);
    }
    throw new Error('the host put nothing back');
  };
  beforeAll(() => {
    on = bench(lab, release, { address: release === 'bookworm' ? '10.77.1.1' : '10.77.1.2' });
  });

  test('locked out by the first apply: all is as if it had never been', async () => {
    const report = await on.apply([firewall('drop')]);
    expect(outcomes(report)).toEqual({ firewall: 'unconfirmed' });
    expect(await rules()).toContain('drop');
    const settings = { ...on.settings, connectTimeout: 2 };
    await expect(confirmHost(on.target, settings, report)).rejects.toMatchObject({
      code: 'host.unreachable',
    });
    await rolledBack();
    expect(await rules()).not.toContain('poterne');
    await expect(on.says('ls', '/etc/poterne/ruleset.nft')).rejects.toThrow('No such file');
    expect((await on.host.run(['systemctl', 'is-enabled', 'poterne-firewall'])).stdout).not.toContain(
      'enabled',
    );
    expect((await on.host.run(['systemctl', 'is-active', 'poterne-firewall'])).stdout).toBe('inactive\n');
    const told = await on.plan([firewall('accept')]);
    expect(Date.parse(told.parts[0]?.rolledBack ?? '')).toBeGreaterThan(Date.now() - 60_000);
    await expect(confirmHost(on.target, settings, report)).rejects.toMatchObject({
      code: 'host.rolled.back',
    });
  });

  test('confirmed over a new connection, it stays', async () => {
    const report = await on.apply([firewall('accept')]);
    expect(report.parts[0]?.rolledBack).toBeDefined();
    expect(outcomes(report)).toEqual({ firewall: 'unconfirmed' });
    expect(await timers()).toContain('poterne-rollback-firewall.timer');
    await expect(confirmHost(on.target, on.settings, { ...report, token: 'guess' })).rejects.toMatchObject({
      code: 'host.rolled.back',
    });
    await confirmHost(on.target, on.settings, report);
    expect(await timers()).toBe('');
    await sleep(5000);
    expect(await rules()).toContain('tcp dport 22 accept');
    expect((await on.apply([firewall('accept')])).parts).toEqual([
      { name: 'firewall', outcome: 'unchanged', changes: [] },
    ]);
  });

  test('locked out by a change: what was confirmed before is back', async () => {
    await on.apply([firewall('drop')]);
    expect(await rules()).toContain('drop');
    await rolledBack();
    expect(await rules()).toContain('tcp dport 22 accept');
    expect(await on.says('systemctl', 'is-enabled', 'poterne-firewall')).toBe('enabled');
    const after = await on.plan([firewall('accept')]);
    expect(outcomes(after)).toEqual({ firewall: 'unchanged' });
    expect(after.parts[0]?.rolledBack).toBeDefined();
    await on.apply([firewall('accept')]);
    expect((await on.plan([firewall('accept')])).parts[0]).not.toHaveProperty('rolledBack');
  });

  test('locked out by putting right what was changed by hand: what was changed by hand is back', async () => {
    // Somebody let himself in through a firewall that locks out.
    await on.host.run(['nft', 'add', 'rule', 'inet', 'poterne', 'input', 'tcp', 'dport', '2222', 'accept']);
    expect((await on.plan([firewall('accept')])).parts[0]?.changes[0]?.what).toBe('state');
    expect(outcomes(await on.apply([firewall('accept')]))).toEqual({ firewall: 'unconfirmed' });
    expect(await rules()).not.toContain('2222');
    await rolledBack();
    expect(await rules()).toMatch(/tcp dport 22 accept\n\s*tcp dport 2222 accept/);
    expect((await on.plan([firewall('accept')])).parts[0]?.changes[0]?.what).toBe('state');
    // By taking it away: what the README says to do.
    await on.host.run(['nft', 'delete', 'table', 'inet', 'poterne']);
    await on.apply([firewall('drop')]);
    expect(await rules()).toContain('drop');
    await rolledBack();
    expect(await rules()).not.toContain('poterne');
    await confirmHost(on.target, on.settings, await on.apply([firewall('accept')]));
    expect(outcomes(await on.plan([firewall('accept')]))).toEqual({ firewall: 'unchanged' });
  });

  test('a controller killed before it confirmed: the host puts it back by itself', async () => {
    const script = join(tmpdir(), `poterne-controller-${process.pid}.mts`);
    const module = join(import.meta.dirname, 'converge.ts');
    await writeFile(
      script,
      `import { convergeHost } from ${JSON.stringify(module)};
       const [target, bundle, settings] = JSON.parse(process.env.TEST_INPUT);
       const report = await convergeHost(target, bundle, { settings, mode: 'apply' });
       console.log(report.parts[0].outcome);
       setInterval(() => {}, 1000);`,
    );
    const bundle = { host: release, parts: [firewall('drop')] };
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      cwd: join(import.meta.dirname, '../../..'),
      env: { ...process.env, TEST_INPUT: JSON.stringify([on.target, bundle, on.settings]) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data) => resolve(String(data))),
    );
    child.kill('SIGKILL');
    await rm(script);
    expect(said).toBe('unconfirmed\n');
    await rolledBack();
    expect(await rules()).toContain('tcp dport 22 accept');
  });

  test('rebooted before it was confirmed, the host puts it back', async () => {
    await on.apply([firewall('drop', 600)]);
    await on.host.reboot();
    await rolledBack();
    expect(await rules()).toContain('tcp dport 22 accept');
    // Whom it locked out comes in again.
    expect(outcomes(await on.plan([firewall('accept')]))).toEqual({ firewall: 'unchanged' });
  });

  test('the same again before it was confirmed takes the confirmation over', async () => {
    const harmless = { ...firewall('accept', 5), actions: [['true']] };
    const more = { ...harmless, files: [...harmless.files, file('/etc/poterne/note', 'x\n')] };
    const first = await on.apply([more]);
    const second = await on.apply([more]);
    expect([outcomes(first), outcomes(second)]).toEqual([
      { firewall: 'unconfirmed' },
      { firewall: 'unconfirmed' },
    ]);
    await confirmHost(on.target, on.settings, second);
    await sleep(6000);
    expect(await on.says('cat', '/etc/poterne/note')).toBe('x');
  });

  test('a second change before the first was confirmed: back to what was confirmed', async () => {
    const noted = (text: string) => ({
      ...firewall('accept', 5),
      actions: [['true']],
      files: [...firewall('accept').files, file('/etc/poterne/note', text)],
    });
    await on.apply([noted('y\n')]);
    await on.apply([noted('z\n')]);
    expect(await on.says('cat', '/etc/poterne/note')).toBe('z');
    await rolledBack();
    expect(await on.says('cat', '/etc/poterne/note')).toBe('x');
  });

  test('a change that fails is put back at once', async () => {
    await confirmHost(on.target, on.settings, await on.apply([firewall('accept', 8)]));
    const broken = { ...firewall('drop', 600), actions: [...firewall('drop').actions, ['false']] };
    expect(outcomes(await on.apply([broken]))).toEqual({ firewall: 'failed' });
    expect(await rules()).toContain('tcp dport 22 accept');
    expect(await timers()).toBe('');
    const after = await on.plan([broken]);
    expect(after.parts[0]?.changes.map(({ name }) => name)).toEqual(['/etc/poterne/ruleset.nft']);
    expect(after.parts[0]).not.toHaveProperty('rolledBack');
  });

  test('its removal has to be confirmed too', async () => {
    expect(outcomes(await on.apply([]))).toEqual({ firewall: 'unconfirmed' });
    expect(await rules()).not.toContain('poterne');
    await rolledBack();
    expect(await rules()).toContain('tcp dport 22 accept');
    expect(outcomes(await on.plan([firewall('accept', 8)]))).toEqual({ firewall: 'unchanged' });
    const gone = await on.apply([]);
    await confirmHost(on.target, on.settings, gone);
    expect(await timers()).toBe('');
    expect(await rules()).not.toContain('poterne');
    expect((await on.plan([])).parts).toEqual([]);
  });
});
