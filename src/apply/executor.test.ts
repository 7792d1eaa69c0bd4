import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { converge, openGateway } from '../daemon/gateway.ts';
import nginx from '../engines/nginx/engine.ts';
import { quitEngine, runningMaster } from './engine-process.ts';
import { applyLocally, resumeLocally } from './executor.ts';
import {
  ask,
  atEnd,
  eventually,
  faultOf,
  head,
  makeRig,
  port,
  poterne,
  type Rig,
  startService,
} from './testing.ts';

const upstream = port(90);

/** One publication of the service at `upstream`, answering its visitors with this header. */
const shop = (rig: Rig, team: string, more = '') => `${head(rig.ports)}
services:
  shop: { url: "http://127.0.0.1:${upstream}" }
publications:
  shop.example.fr:
    service: shop
    audience: everyone
    headers: { add: { X-Team: ${team} } }
${more}`;

/** Takes a port of loopback as another program would. */
async function takePort(taken: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));
  atEnd(() => new Promise((resolve) => server.close(resolve)));
}

test('the first apply starts the gateway, and the second finds nothing to do', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const first = await rig.apply(shop(rig, 'a'));
  expect(first).toMatchObject({ outcome: 'applied', started: true });
  expect(first.steps).toEqual(['apply.certificates', 'apply.accepted', 'apply.started']);
  expect(await rig.get('shop.example.fr')).toMatchObject({ status: 200, body: 'welcome' });

  const { folder } = await rig.active();
  const before = { master: await rig.master(), generation: await stat(folder), link: await stat(rig.prefix) };
  const second = await rig.apply(shop(rig, 'a'));
  expect(second).toMatchObject({ outcome: 'unchanged', started: false, hash: first.hash });
  expect(second.steps).toContain('apply.unchanged');
  expect(await rig.master()).toBe(before.master);
  const after = await stat((await rig.active()).folder);
  expect([after.ino, after.ctimeMs]).toEqual([before.generation.ino, before.generation.ctimeMs]);
  expect(await rig.gateway.store.lastRun('test')).toMatchObject({ outcome: 'unchanged', hash: first.hash });
});

test('a change is served by new workers of the same master, without a restart', async () => {
  const rig = await makeRig();
  await startService(upstream, (_, response) => response.end('ok'));
  await rig.apply(shop(rig, 'a'));
  const master = await rig.master();
  const changed = await rig.apply(shop(rig, 'b'));
  expect(changed).toMatchObject({ outcome: 'applied', started: false });
  expect(changed.steps).toContain('apply.reloaded');
  expect(await rig.served()).toBe(changed.hash);
  expect(await rig.master()).toBe(master);
});

test('what is served is not touched before the engine has accepted the new configuration', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const { hash } = await rig.apply(shop(rig, 'a'));
  const before = await rig.active();
  const seen: unknown[] = [];
  // At the moment of the check: a real refusal, of a line that belongs to no publication.
  const engine = {
    ...nginx,
    actions: {
      ...nginx.actions,
      check(staged: Parameters<typeof nginx.actions.check>[0]) {
        seen.push(staged.folder);
        return ['nginx', '-t', '-p', `${staged.prefix}/`, '-c', `${staged.folder}/forwarding.conf`];
      },
    },
  };
  const { plan } = await rig.intend(shop(rig, 'b'));
  const fault = await faultOf(applyLocally(plan, engine, rig.options()));
  expect(fault.code).toBe('engine.refused');
  expect(seen).toHaveLength(1);
  expect(seen[0]).not.toBe(before.folder);
  expect((await rig.active()).folder).toBe(before.folder);
  expect(await rig.served()).toBe(hash);
  expect(await rig.get('shop.example.fr')).toMatchObject({ status: 200, body: 'welcome' });
  expect(await readdir(join(rig.prefix, 'generations'))).toEqual([hash]);
});

test('a configuration that is accepted but cannot be served gives way to the last good one', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const { hash } = await rig.apply(shop(rig, 'a'));
  const master = await rig.master();
  // nginx -t does not mind a port in use; a reload fails on it and goes on with the old configuration.
  await takePort(port(3));
  const { plan } = await rig.intend(shop(rig, 'b'));
  const artefacts = plan.artefacts.map((a) =>
    a.path === 'nginx.conf'
      ? { ...a, text: a.text.replaceAll(`:${port(0)} default`, `:${port(3)} default`) }
      : a,
  );
  const fault = await faultOf(
    applyLocally({ ...plan, artefacts }, nginx, rig.options({ confirmMilliseconds: 1500 })),
  );
  expect(fault.code).toBe('engine.unconfirmed');
  expect((await rig.active()).manifest.hash).toBe(hash);
  expect([await rig.served(), await rig.master()]).toEqual([hash, master]);
  expect(await rig.get('shop.example.fr')).toMatchObject({ status: 200 });
});

test('a port taken by another program is said before anything is changed, at the line that asks for it', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await takePort(port(1));
  const fault = await faultOf(rig.apply(shop(rig, 'a')));
  expect(fault).toMatchObject({
    code: 'gateway.port.busy',
    params: { address: '127.0.0.1', port: port(1) },
    next: { code: 'gateway.port.busy.next', params: { port: port(1) } },
    pointer: '/gateway/https-port',
  });
  expect(await rig.generations.active()).toBeUndefined();
  expect(await readdir(join(rig.prefix, 'generations'))).toEqual([]);
  expect(await rig.gateway.store.lastRun('test')).toMatchObject({ outcome: 'failed' });
});

test('a running gateway keeps serving when the new port it is to have is taken', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const { hash } = await rig.apply(shop(rig, 'a'));
  await takePort(port(3));
  const moved = shop({ ...rig, ports: { http: port(0), https: port(3) } }, 'a');
  expect((await faultOf(rig.apply(moved))).code).toBe('gateway.port.busy');
  expect(await rig.served()).toBe(hash);
  expect((await rig.active()).manifest.hash).toBe(hash);
  expect(await rig.get('shop.example.fr')).toMatchObject({ body: 'welcome' });
});

test('an address that this machine does not have is said at its line', async () => {
  const rig = await makeRig();
  const yaml = shop(rig, 'a').replace('[127.0.0.1]', '[127.0.0.1, 192.0.2.77]');
  expect(await faultOf(rig.apply(yaml))).toMatchObject({
    code: 'gateway.address.absent',
    params: { address: '192.0.2.77' },
    pointer: '/gateway/listen/1',
  });
});

test('the gateway goes from one address to every address, although a reload cannot', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await rig.apply(shop(rig, 'a'));
  const wide = await rig.apply(shop(rig, 'a').replace('[127.0.0.1]', '["0.0.0.0"]'));
  expect(wide.outcome).toBe('applied');
  expect(await rig.served()).toBe(wide.hash);
  expect(await rig.get('shop.example.fr')).toMatchObject({ body: 'welcome' });
  const narrow = await rig.apply(shop(rig, 'a'));
  expect(await rig.served()).toBe(narrow.hash);
  expect(await rig.get('shop.example.fr')).toMatchObject({ body: 'welcome' });
});

test('an account that may not listen on port 80 is told so, and what to do', async () => {
  const first = Number(await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  const rig = await makeRig();
  const mine = join(rig.folder, 'nobody');
  await mkdir(mine, { mode: 0o777 });
  await chmod(mine, 0o777);
  // Where the kernel lets everyone have port 80, no port is ever denied.
  const low = first > 80 ? 80 : port(4);
  await rig.write('site.yaml', shop({ ...rig, ports: { http: low, https: port(5) } }, 'a'));
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
  const state = join(mine, 'state');
  const command = poterne(['apply', rig.file, '--state', state, '--json'], nobody);
  atEnd(() => quitEngine(nginx, join(state, 'nginx'), 0));
  const status = await command.ended;
  if (first > 80) {
    expect(command.said()).toContain('gateway.port.denied');
    expect(command.said()).toContain('run as root, or choose a port above 1023');
    expect(status).toBe(1);
  } else expect(status).toBe(0);
});

test('an account without rights has a gateway on high ports all the same', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const mine = join(rig.folder, 'nobody');
  await mkdir(mine);
  await chmod(mine, 0o777);
  await rig.write('site.yaml', shop(rig, 'a'));
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
  const state = join(mine, 'state');
  atEnd(() => quitEngine(nginx, join(state, 'nginx'), 0));
  const command = poterne(['apply', rig.file, '--state', state], nobody);
  expect(await command.ended, command.said()).toBe(0);
  const gateway = await openGateway(state);
  atEnd(() => gateway.close());
  const answer = await ask({
    port: rig.ports.https,
    name: 'shop.example.fr',
    ca: [gateway.authority.root],
  });
  expect(answer).toMatchObject({ status: 200, body: 'welcome' });
});

test('two applies at once take turns, and both succeed', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await rig.apply(shop(rig, 'a'));
  const [b, c] = [(await rig.intend(shop(rig, 'b'))).plan, (await rig.intend(shop(rig, 'c'))).plan];
  const working: string[] = [];
  const applying = (plan: typeof b, name: string) =>
    applyLocally(plan, nginx, rig.options({ tell: () => working.push(name) }));
  const done = await Promise.all([applying(b, 'b'), applying(c, 'c')]);
  expect(done.map((d) => d.outcome)).toEqual(['applied', 'applied']);
  // Never mixed: all the steps of one, then all of the other.
  expect(['bbcc', 'ccbb']).toContain(working.join(''));
  const last = working.at(-1) === 'b' ? done[0] : done[1];
  expect(await rig.served()).toBe(last?.hash);
});

test('no key can be read by others, whatever the umask', async () => {
  const before = process.umask(0);
  try {
    const rig = await makeRig();
    await startService(upstream, 'welcome');
    const { certificate, key } = await rig.theirs.issue(['own.example.fr'], 30, new Date());
    await rig.write('own.pem', certificate);
    await rig.write('own.key', key);
    const own = `  own.example.fr:
    service: shop
    audience: everyone
    tls: { certificate: own.pem, key: own.key }`;
    await rig.apply(shop(rig, 'a', own));
    await rig.apply(shop(rig, 'b', own));
    const keys: string[] = [];
    const open: string[] = [];
    for (const entry of await readdir(rig.state, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const { mode } = await stat(path);
      // Sockets are everybody's to connect to, and tell nothing that is secret.
      if ((mode & 0o022) !== 0 && !entry.isSocket() && !entry.isSymbolicLink()) open.push(path);
      if (!entry.isFile() || !(await readFile(path, 'latin1')).includes('PRIVATE KEY')) continue;
      keys.push(path);
      expect([path, (mode & 0o777).toString(8)]).toEqual([path, '600']);
    }
    // The CA's two, the log's, those it issued, and both kinds in each of two generations.
    expect(keys.length).toBe(2 + 1 + 1 + 2 * 2);
    expect(open).toEqual([]);
  } finally {
    process.umask(before);
  }
});

test('a pid file whose pid went to somebody else stops nobody and starts the gateway', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await mkdir(join(rig.prefix, 'run'), { recursive: true });
  await writeFile(join(rig.prefix, 'run', 'nginx.pid'), `${process.pid}\n`);
  expect(await rig.master()).toBeUndefined();
  expect(await quitEngine(nginx, rig.prefix)).toBe(false);
  expect(await rig.apply(shop(rig, 'a'))).toMatchObject({ outcome: 'applied', started: true });
  expect(await rig.master()).not.toBe(process.pid);
});

test('a gateway whose pid file was lost is found again instead of started twice', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await rig.apply(shop(rig, 'a'));
  const master = await rig.master();
  await rm(join(rig.prefix, 'run', 'nginx.pid'));
  expect(await rig.apply(shop(rig, 'b'))).toMatchObject({ outcome: 'applied', started: false });
  expect(await rig.master()).toBe(master);
});

test('a state folder reached through a link, with spaces and accents in its name, is one and the same', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const real = join(rig.folder, 'état du portail');
  await mkdir(real);
  await symlink(real, join(rig.folder, 'link'));
  await rig.write('site.yaml', shop(rig, 'a'));
  atEnd(() => quitEngine(nginx, join(real, 'nginx'), 0));
  const first = poterne(['apply', rig.file, '--state', join(rig.folder, 'link')]);
  expect(await first.ended, first.said()).toBe(0);
  const master = await runningMaster(nginx, join(real, 'nginx'));
  expect(master).toBeDefined();
  const again = poterne(['apply', rig.file, '--state', real]);
  expect(await again.ended, again.said()).toBe(0);
  expect(again.said()).toContain('Unchanged');
  const stop = poterne(['stop', '--state', join(rig.folder, 'link')]);
  expect(await stop.ended, stop.said()).toBe(0);
  expect(await runningMaster(nginx, join(real, 'nginx'))).toBeUndefined();
});

test('a stopped gateway whose state folder was moved is applied again from its new place', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await rig.apply(shop(rig, 'a'));
  await quitEngine(nginx, rig.prefix, 0);
  const moved = join(rig.folder, 'moved');
  await rename(rig.state, moved);
  atEnd(() => quitEngine(nginx, join(moved, 'nginx'), 0));
  await rig.write('site.yaml', shop(rig, 'a'));
  const apply = poterne(['apply', rig.file, '--state', moved]);
  expect(await apply.ended, apply.said()).toBe(0);
  expect(await rig.get('shop.example.fr')).toMatchObject({ status: 200, body: 'welcome' });
});

test('a folder that cannot be written is a fault with a next step, and what is served goes on', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const { hash } = await rig.apply(shop(rig, 'a'));
  // What a damaged disk looks like to root too: a file where the folder should be.
  const generations = join(rig.prefix, 'generations');
  await rename(generations, `${generations}.away`);
  await writeFile(generations, '');
  expect(await faultOf(rig.apply(shop(rig, 'b')))).toMatchObject({
    code: 'state.unwritable',
    next: { code: 'state.unwritable.next' },
  });
  await rm(generations);
  await rename(`${generations}.away`, generations);
  expect(await rig.served()).toBe(hash);
  expect(await rig.apply(shop(rig, 'b'))).toMatchObject({ outcome: 'applied' });
});

test('a store that cannot be written is a fault too, told after what was asked for was done', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const full = async () => {
    throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
  };
  const gateway = { ...rig.gateway, store: { ...rig.gateway.store, recordRun: full } };
  const fault = await faultOf(converge(gateway, await rig.intend(shop(rig, 'a')), () => {}));
  expect(fault).toMatchObject({ code: 'store.unusable', params: { reason: 'database or disk is full' } });
  expect(await rig.get('shop.example.fr')).toMatchObject({ status: 200, body: 'welcome' });
  // A failure that came first is told rather than that of its record.
  await takePort(port(3));
  const moved = await rig.intend(shop({ ...rig, ports: { http: port(0), https: port(3) } }, 'a'));
  expect((await faultOf(converge(gateway, moved, () => {}))).code).toBe('gateway.port.busy');
});

test('nothing to resume is said as such', async () => {
  const rig = await makeRig();
  expect(await faultOf(resumeLocally(nginx, rig.state))).toMatchObject({
    code: 'gateway.empty',
    next: { code: 'gateway.empty.next' },
  });
});

test('a killed master leaves workers that serve on; apply takes their place with a new master', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const { hash } = await rig.apply(shop(rig, 'a'));
  process.kill((await rig.master()) as number, 'SIGKILL');
  await eventually(async () => (await rig.master()) === undefined);
  // The orphans serve on.
  expect(await rig.get('shop.example.fr')).toMatchObject({ body: 'welcome' });
  expect(await rig.apply(shop(rig, 'a'))).toMatchObject({ started: true, hash });
  expect(await rig.get('shop.example.fr')).toMatchObject({ body: 'welcome' });
});
