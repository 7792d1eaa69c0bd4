import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { networkOf } from '../../plan/network.ts';
import { siteOf } from '../../plan/testing.ts';
import { undo } from './actions.ts';
import { diagnose } from './diagnose.ts';
import engine from './engine.ts';
import { type Answer, type Machine, network } from './testing-net.ts';
import { situations } from './testing-sites.ts';

// Real rules and real packets, in network namespaces of their own: that takes root, nft and ip. Elsewhere it is skipped.
const able = process.getuid?.() === 0 && existsSync('/usr/sbin/nft') && existsSync('/usr/sbin/ip');

/** The ruleset of each host that has one. */
async function rulesets(yaml: string): Promise<ReadonlyMap<string, string>> {
  const asked = networkOf(await siteOf(yaml));
  return new Map(
    asked.site.hosts.flatMap((host) => {
      const content = engine.part(asked, host)?.files[0]?.content;
      return content && 'text' in content ? [[host.name, content.text] as const] : [];
    }),
  );
}

const net = network(`nft${process.pid}`);
afterAll(() => net.end());

describe.runIf(able)('nft', () => {
  test.each(Object.keys(situations))('accepts %s, also over itself', async (name) => {
    const machine = net.machine(`accepts-${name}`);
    for (const text of (await rulesets(situations[name] as string)).values()) {
      machine.nft(text);
      machine.nft(text);
    }
  });

  test('complains at a line, and nothing of a refused script is loaded', async () => {
    const machine = net.machine('complains');
    const text = (await rulesets(situations.house as string)).get('nas') as string;
    const broken = text.replace('tcp dport 22 counter', 'tcp dport 22 county');
    const line = broken.split('\n').findIndex((one) => one.includes('county')) + 1;
    expect(() => machine.nft(broken)).toThrow();
    const said = machine.complaint(broken);
    expect(diagnose(said)).toEqual([expect.objectContaining({ severity: 'error', line })]);
    expect(machine.run('nft', 'list', 'ruleset')).toBe('');
  });

  test('undo leaves nothing, whether there was something or not', async () => {
    const machine = net.machine('undo');
    machine.nft((await rulesets(situations.alone as string)).get('vps') as string);
    for (const argv of [...undo, ...undo]) machine.run(...argv);
    expect(machine.run('nft', 'list', 'ruleset')).toBe('');
  });
});

type Names = 'outside' | 'router' | 'gateway' | 'erp' | 'client' | 'db';

describe.runIf(able)('packets', () => {
  let at: Readonly<Record<Names, Machine>>;
  let rules: ReadonlyMap<string, string>;
  const open = (from: Machine, host: string, port: number, more: object = {}): Promise<Answer> =>
    from.ask('open', { host, port, ...more });
  const load = (...names: readonly Names[]) => {
    for (const name of names) at[name].nft(rules.get(name) as string);
  };
  /** How many packets the rules of a chain with these words have seen. */
  const counted = (machine: Machine, chain: string, words: string): number =>
    [...machine.run('nft', 'list', 'chain', 'inet', 'poterne', chain).matchAll(/^.*$/gm)]
      .filter(([line]) => line.includes(words))
      .reduce((sum, [line]) => sum + Number(/packets (\d+) bytes/.exec(line)?.[1] ?? 0), 0);

  beforeAll(async () => {
    rules = await rulesets(situations.perimeter as string);
    at = {
      outside: net.machine('outside'),
      router: net.machine('router'),
      gateway: net.machine('gateway'),
      erp: net.machine('erp'),
      client: net.machine('client'),
      db: net.machine('db'),
    };
    const { outside, router, gateway, erp, client, db } = at;
    const wan = ['203.0.113.66/24', '2001:db8:113::66/64', '198.51.100.7/32', '10.10.0.77/32'];
    net.wire(router, 'wan', ['203.0.113.1/24', '2001:db8:113::1/64'], outside, 'eth0', wan);
    net.wire(router, 'dmz', ['10.20.0.1/24', 'fd00:20::1/64'], gateway, 'eth0', [
      '10.20.0.2/24',
      'fd00:20::2/64',
    ]);
    net.wire(router, 'data', ['10.30.0.1/24'], db, 'eth0', ['10.30.0.5/24']);
    net.link('switch', [
      [router, 'lan', ['10.10.0.1/24', 'fd00:10::1/64']],
      [erp, 'eth0', ['10.10.0.15/24', 'fd00:10::15/64']],
      [client, 'eth0', ['10.10.0.99/24', 'fd00:10::99/64']],
    ]);
    for (const [machine, v4, v6] of [
      [router, '203.0.113.66', '2001:db8:113::66'],
      [gateway, '10.20.0.1', 'fd00:20::1'],
      [erp, '10.10.0.1', 'fd00:10::1'],
      [client, '10.10.0.1', 'fd00:10::1'],
      [db, '10.30.0.1', undefined],
    ] as const) {
      machine.run('ip', 'route', 'add', 'default', 'via', v4);
      if (v6) machine.run('ip', 'route', 'add', 'default', 'via', v6);
    }
    // Whoever sits on the provider's network could send straight to the inner networks.
    outside.run('ip', 'route', 'add', '10.0.0.0/8', 'via', '203.0.113.1');
    outside.run('ip', 'route', 'add', 'fd00::/16', 'via', '2001:db8:113::1');
    // A narrow way out: what is too big must be told back to the sender.
    router.run('ip', 'link', 'set', 'wan', 'mtu', '1400');
    for (const key of ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'])
      router.run('sysctl', '-q', key);
    await Promise.all([
      ...[22, 80, 8443].map((port) => gateway.ask('serve', { port })),
      ...[22, 8069, 8070, 9000].map((port) => erp.ask('serve', { port })),
      ...[22, 5432].map((port) => db.ask('serve', { port })),
      ...[25, 443].map((port) => outside.ask('serve', { port })),
      ...[22, 8000].map((port) => router.ask('serve', { port })),
    ]);
    // The ground of all that follows: without rules, everything answers.
    expect(await open(outside, '10.10.0.15', 9000)).toMatchObject({ seen: '203.0.113.66' });
    expect(await open(gateway, '10.30.0.5', 5432)).toMatchObject({ seen: '10.20.0.2' });
    load('router', 'gateway', 'erp', 'db');
  });

  test('visitors reach the gateway through the router, under their own address', async () => {
    expect(await open(at.outside, '203.0.113.1', 443)).toMatchObject({ seen: '203.0.113.66' });
    expect(await open(at.outside, '203.0.113.1', 80)).toMatchObject({ seen: '203.0.113.66' });
    // The first of IPv6: neighbours are looked for, and what was sent meanwhile may have to be sent again.
    const first = { patience: 4000 };
    expect(await open(at.outside, '2001:db8:113::1', 443, first)).toMatchObject({ seen: '2001:db8:113::66' });
  });

  test('an address has so many connections open to what is published, a network of IPv6 too; others have theirs', async () => {
    const few = (
      await rulesets(
        `${situations.perimeter}`
          .replace('https-port: 8443', 'https-port: 8443, trusted-fronts: [198.51.100.7]')
          .replace('via: router } }\n  erp', 'via: router }, firewall: { connections: 10 } }\n  erp'),
      )
    ).get('gateway') as string;
    expect(few).toContain('ct count over 10');
    at.gateway.nft(few);
    const hold = async (host: string, from: string) => {
      const answers: (string | undefined)[] = [];
      for (let n = 0; n < 12; n++) {
        const { error, seen } = await open(at.outside, host, 443, {
          from,
          hold: `${from}-${n}`,
          patience: 4000,
        });
        answers.push(error ?? seen);
      }
      return answers;
    };
    const ten = (address: string) => Array<string>(10).fill(address);
    const refused = ['ECONNREFUSED', 'ECONNREFUSED'];
    const [four, six] = ['203.0.113.66', '2001:db8:113::66'];
    expect(await hold('203.0.113.1', four)).toEqual([...ten(four), ...refused]);
    expect(await hold('2001:db8:113::1', six)).toEqual([...ten(six), ...refused]);
    // Deprecated addresses (RFC 4862, 5.5.4) are only taken by who asks for them.
    const more = ['2001:db8:113::67/64', 'dev', 'eth0', 'nodad', 'preferred_lft', '0'];
    at.outside.run('ip', 'addr', 'add', ...more);
    const neighbour = { from: '2001:db8:113::67' };
    expect(await open(at.outside, '2001:db8:113::1', 443, neighbour)).toMatchObject({
      error: 'ECONNREFUSED',
    });
    expect(await open(at.client, '203.0.113.1', 443)).toMatchObject({ seen: '10.10.0.99' });
    // A load balancer stands for many.
    expect((await hold('203.0.113.1', '198.51.100.7')).slice(-1)).toEqual(['198.51.100.7']);
    for (const from of [four, six, '198.51.100.7'])
      for (let n = 0; n < 12; n++) await at.outside.ask('end', { hold: `${from}-${n}` });
    // Whoever hangs up has room again.
    await expect.poll(async () => (await open(at.outside, '203.0.113.1', 443)).seen).toBe(four);
    at.outside.run('ip', 'addr', 'del', '2001:db8:113::67/64', 'dev', 'eth0');
    load('gateway');
  });

  test('where no more addresses can be counted newcomers are let in, who is counted is limited on, and who leaves makes room', async () => {
    const narrow = (
      await rulesets(
        `${situations.perimeter}`.replace(
          'via: router } }\n  erp',
          'via: router }, firewall: { connections: 10 } }\n  erp',
        ),
      )
    )
      .get('gateway')
      ?.replaceAll('size 65535', 'size 1') as string;
    expect(narrow).toContain('size 1');
    at.gateway.nft(narrow);
    const [first, newcomer] = ['203.0.113.66', '198.51.100.7'];
    const hold = async (from: string) => {
      const answers: (string | undefined)[] = [];
      for (let n = 0; n < 11; n++) {
        const { error, seen } = await open(at.outside, '203.0.113.1', 443, {
          from,
          hold: `full-${from}-${n}`,
          patience: 4000,
        });
        answers.push(error ?? seen);
      }
      return answers.at(-1);
    };
    expect([await hold(first), await hold(newcomer)]).toEqual(['ECONNREFUSED', newcomer]);
    for (const from of [first, newcomer])
      for (let n = 0; n < 11; n++) await at.outside.ask('end', { hold: `full-${from}-${n}` });
    const counted = () => at.gateway.run('nft', 'list', 'set', 'inet', 'poterne', 'open4');
    await expect.poll(counted, { timeout: 20_000, interval: 500 }).not.toContain(first);
    expect(await hold(newcomer)).toBe('ECONNREFUSED');
    for (let n = 0; n < 11; n++) await at.outside.ask('end', { hold: `full-${newcomer}-${n}` });
    load('gateway');
  });

  test('visitors get no answer from anything else', async () => {
    const closed = [
      ...[22, 2222, 8000, 8443].map((port) => ['203.0.113.1', port] as const),
      ...[22, 8000].map((port) => ['2001:db8:113::1', port] as const),
      ...(['10.20.0.2', '10.10.0.15', 'fd00:20::2', 'fd00:10::15'] as const).map(
        (host) => [host, 22] as const,
      ),
      ['10.10.0.15', 8069] as const,
      ['fd00:10::15', 8070] as const,
      ['10.30.0.5', 5432] as const,
    ];
    const answers = await Promise.all(closed.map(([host, port]) => open(at.outside, host, port)));
    expect(answers.map(({ error, seen }) => error ?? seen)).toEqual(closed.map(() => 'ETIMEDOUT'));
  });

  test('a port of its own leads those who are let in straight to the service', async () => {
    const visitor = { from: '198.51.100.7' };
    expect(await open(at.outside, '203.0.113.1', 2222, visitor)).toMatchObject({ seen: '198.51.100.7' });
  });

  test('clients of the service’s own network reach it by the public address as well', async () => {
    expect(await open(at.client, '203.0.113.1', 2222)).toMatchObject({ seen: '10.10.0.1' });
    expect(await open(at.client, '203.0.113.1', 443)).toMatchObject({ seen: '10.10.0.99' });
  });

  test('the gateway reaches what it publishes, and nothing else', async () => {
    expect(await open(at.gateway, '10.10.0.15', 8069)).toMatchObject({ seen: '10.20.0.2' });
    expect(await open(at.gateway, 'fd00:10::15', 8070)).toMatchObject({ seen: 'fd00:20::2' });
    for (const [host, port] of [
      ['10.10.0.15', 9000],
      ['10.10.0.15', 22],
      ['fd00:10::15', 22],
      ['10.30.0.5', 5432],
      ['10.20.0.1', 22],
      ['203.0.113.66', 25],
    ] as const) {
      const { error, milliseconds } = await open(at.gateway, host, port);
      expect([host, port, error]).toEqual([
        host,
        port,
        expect.stringMatching(/^E(HOSTUNREACH|CONNREFUSED|ACCES)$/),
      ]);
      // It is told at once, and does not wait.
      expect(milliseconds).toBeLessThan(1000);
    }
    expect(counted(at.gateway, 'refused_out', 'reject')).toBeGreaterThanOrEqual(6);
  });

  test('the router refuses too, should the gateway’s own firewall be gone', async () => {
    at.gateway.run('nft', 'delete', 'table', 'inet', 'poterne');
    expect(await open(at.gateway, '10.10.0.15', 9000)).toMatchObject({ error: 'ECONNREFUSED' });
    expect(await open(at.gateway, '10.30.0.5', 5432)).toMatchObject({ error: 'ECONNREFUSED' });
    expect(await open(at.gateway, '203.0.113.66', 25)).toMatchObject({ error: 'ECONNREFUSED' });
    expect(await open(at.gateway, 'fd00:10::15', 9000)).toMatchObject({ error: 'ECONNREFUSED' });
    load('gateway');
  });

  test('what may go to the internet does so under the router’s address', async () => {
    expect(await open(at.gateway, '203.0.113.66', 443)).toMatchObject({ seen: '203.0.113.1' });
    expect(await open(at.client, '203.0.113.66', 443)).toMatchObject({ seen: '203.0.113.1' });
    expect(await open(at.db, '203.0.113.66', 443)).toMatchObject({ error: 'ECONNREFUSED' });
  });

  test('a service reaches what it needs; its neighbours do not', async () => {
    expect(await open(at.erp, '10.30.0.5', 5432)).toMatchObject({ seen: '10.10.0.15' });
    expect(await open(at.client, '10.30.0.5', 5432)).toMatchObject({ error: 'ECONNREFUSED' });
    expect(await open(at.client, '10.10.0.15', 9000)).toMatchObject({ error: 'ECONNREFUSED' });
    expect(await open(at.client, '10.20.0.2', 22)).toMatchObject({ error: 'ECONNREFUSED' });
    expect(await open(at.client, 'fd00:20::2', 8443)).toMatchObject({ seen: 'fd00:10::99' });
  });

  test('administration comes from where it is described only, and goes on through the router', async () => {
    expect(await open(at.client, '10.10.0.1', 22)).toMatchObject({ seen: '10.10.0.99' });
    expect(await open(at.erp, '10.10.0.1', 22)).toMatchObject({ error: 'ECONNREFUSED' });
    for (const [host, seen] of [
      ['10.20.0.2', '10.20.0.1'],
      ['10.10.0.15', '10.10.0.1'],
      ['10.30.0.5', '10.30.0.1'],
    ] as const)
      expect(await open(at.router, host, 22)).toMatchObject({ seen });
    expect(await open(at.erp, '10.30.0.5', 22)).toMatchObject({ error: 'ECONNREFUSED' });
  });

  test('a source address that cannot come from there is dropped', async () => {
    const before = counted(at.router, 'antispoof', 'missing counter packets');
    // 10.10.0.77 may go to the gateway from the lan, and nobody comes from there on the internet's side.
    expect(await open(at.outside, '203.0.113.1', 443, { from: '10.10.0.77' })).toMatchObject({
      error: 'ETIMEDOUT',
    });
    expect(counted(at.router, 'antispoof', 'missing counter packets')).toBeGreaterThan(before);
  });

  test.each(['203.0.113.1', '2001:db8:113::1'])(
    'large answers find their way through a narrow link (%s)',
    async (host) => {
      expect(await open(at.outside, host, 443, { big: 300_000 })).toMatchObject({ bytes: 300_000 });
    },
  );

  test('refusals are logged no more often than the limit', async () => {
    const before = counted(at.router, 'refused_in', 'log prefix');
    await at.outside.ask('datagrams', { host: '203.0.113.1', port: 9, count: 200 });
    const dropped = () => counted(at.router, 'refused_in', 'counter packets');
    await expect.poll(dropped).toBeGreaterThan(200);
    const logged = counted(at.router, 'refused_in', 'log prefix') - before;
    expect(logged).toBeLessThanOrEqual(12);
    expect(counted(at.router, 'refused_in', 'log prefix')).toBeGreaterThan(0);
  });

  test('connections survive a new ruleset, and so do bans and the tables of others', async () => {
    const others =
      'table ip docker_like {\n\tchain c {\n\t\ttype filter hook forward priority 5; policy accept;\n\t\tcounter\n\t}\n}\n';
    at.router.nft(others);
    const kept = at.router.run('nft', 'list', 'table', 'ip', 'docker_like').split('\n').length;
    for (const [hold, host] of [
      ['v4', '203.0.113.1'],
      ['v6', '2001:db8:113::1'],
    ] as const)
      expect(await open(at.outside, host, 443, { hold })).toHaveProperty('seen');
    at.router.run('nft', 'add element inet poterne_bans ban4 { 192.0.2.0/24 timeout 1h }');
    load('router', 'gateway');
    expect(await at.outside.ask('say', { hold: 'v4', text: 'still here' })).toEqual({ echo: 'still here' });
    expect(await at.outside.ask('say', { hold: 'v6', text: 'still here' })).toEqual({ echo: 'still here' });
    expect(at.router.run('nft', 'list', 'table', 'ip', 'docker_like').split('\n')).toHaveLength(kept);
    expect(at.router.run('nft', 'list', 'set', 'inet', 'poterne_bans', 'ban4')).toContain(
      '192.0.2.0/24 timeout 1h',
    );
    expect(
      at.router.run('nft', 'list', 'chain', 'inet', 'poterne_bans', 'banned').match(/@ban4/g),
    ).toHaveLength(1);
  });

  test('a port that is cut off leads nowhere at once, also for whoever is connected; the others go on', async () => {
    const visitor = { from: '198.51.100.7' };
    expect(await open(at.outside, '203.0.113.1', 2222, { ...visitor, hold: 'cut' })).toHaveProperty('seen');
    expect(await at.outside.ask('say', { hold: 'v4', text: 'go on' })).toEqual({ echo: 'go on' });
    at.router.run('nft', 'add element inet poterne_bans cut_ports { 2222 }');
    expect(await at.outside.ask('say', { hold: 'cut', text: 'still?' })).toEqual({ error: 'ECONNRESET' });
    expect(await open(at.outside, '203.0.113.1', 2222, visitor)).toMatchObject({ error: 'ECONNREFUSED' });
    expect(await open(at.client, '203.0.113.1', 2222)).toMatchObject({ error: 'ECONNREFUSED' });
    load('router');
    expect(await open(at.outside, '203.0.113.1', 2222, visitor)).toMatchObject({ error: 'ECONNREFUSED' });
    expect(await at.outside.ask('say', { hold: 'v4', text: 'go on' })).toEqual({ echo: 'go on' });
    at.router.run('nft', 'delete element inet poterne_bans cut_ports { 2222 }');
    expect(await open(at.outside, '203.0.113.1', 2222, visitor)).toMatchObject({ seen: '198.51.100.7' });
  });

  test.each([
    ['ban4', '203.0.113.66', '203.0.113.1'],
    ['ban6', '2001:db8:113::66', '2001:db8:113::1'],
  ])('who is in %s gets nothing, until the time is over', async (set, banned, host) => {
    expect(await open(at.outside, host, 443)).toHaveProperty('seen');
    at.router.run('nft', `add element inet poterne_bans ${set} { ${banned} timeout 2s }`);
    expect(await open(at.outside, host, 443)).toMatchObject({ error: 'ETIMEDOUT' });
    await expect.poll(() => open(at.outside, host, 443), { timeout: 8000 }).toHaveProperty('seen');
  });
});

describe.runIf(able)('a host with other software’s machines behind docker0', () => {
  let box: Machine;
  let nas: Machine;
  let client: Machine;
  let inside: Machine;
  const open = (from: Machine, host: string, port: number): Promise<Answer> =>
    from.ask('open', { host, port });
  const load = async (yaml: string) => {
    const rules = await rulesets(yaml);
    box.nft(rules.get('box') as string);
    nas.nft(rules.get('nas') as string);
  };

  beforeAll(async () => {
    box = net.machine('box');
    nas = net.machine('nas');
    client = net.machine('home');
    inside = net.machine('container');
    net.link('home-switch', [
      [box, 'eth0', ['192.168.1.2/24']],
      [nas, 'eth0', ['192.168.1.3/24']],
      [client, 'eth0', ['192.168.1.50/24']],
    ]);
    net.wire(box, 'docker0', ['172.17.0.1/16'], inside, 'eth0', ['172.17.0.2/16']);
    inside.run('ip', 'route', 'add', 'default', 'via', '172.17.0.1');
    box.run('sysctl', '-q', 'net.ipv4.ip_forward=1');
    // As Docker does for `-p 443:443 -p 8080:443`.
    box.nft(`table ip docker_like {
  chain published {
    type nat hook prerouting priority dstnat; policy accept;
    iifname != "docker0" tcp dport { 443, 8080 } dnat to 172.17.0.2:443
  }
  chain behind {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 172.17.0.0/16 oifname != "docker0" masquerade
  }
}
`);
    await Promise.all([
      ...[22, 53, 9000].map((port) => box.ask('serve', { port })),
      nas.ask('serve', { port: 22 }),
      client.ask('serve', { port: 9000 }),
      inside.ask('serve', { port: 443 }),
    ]);
    expect(await open(client, '192.168.1.2', 8080)).toMatchObject({ seen: '192.168.1.50' });
    await load(situations.house as string);
  });

  test('a port that it publishes is reached where the description opens it, and nowhere else', async () => {
    expect(await open(client, '192.168.1.2', 443)).toMatchObject({ seen: '192.168.1.50' });
    expect(await open(client, '192.168.1.2', 8080)).toMatchObject({ error: 'ECONNREFUSED' });
  });

  test('it goes out as the host may, is served names, and is let in nowhere else', async () => {
    expect(await open(inside, '192.168.1.50', 9000)).toMatchObject({ seen: '192.168.1.2' });
    expect(await open(inside, '172.17.0.1', 53)).toMatchObject({ seen: '172.17.0.2' });
    expect(await open(inside, '172.17.0.1', 22)).toMatchObject({ error: 'ETIMEDOUT' });
    expect(await open(inside, '172.17.0.1', 9000)).toMatchObject({ error: 'ETIMEDOUT' });
    await load((situations.house as string).replace(', outgoing: free', ''));
    expect(await open(inside, '192.168.1.50', 9000)).toHaveProperty('error');
    expect(await open(box, '192.168.1.50', 9000)).toMatchObject({ error: 'ECONNREFUSED' });
    expect(await open(inside, '192.168.1.3', 22)).toMatchObject({ seen: '192.168.1.2' });
    await load(situations.house as string);
  });

  test('a gateway without a router forwards a port itself, and stands for the visitor', async () => {
    expect(await open(client, '192.168.1.2', 2222)).toMatchObject({ seen: '192.168.1.2' });
    expect(await open(client, '192.168.1.3', 22)).toMatchObject({ seen: '192.168.1.50' });
  });
});
