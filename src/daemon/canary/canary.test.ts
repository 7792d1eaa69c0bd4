import { readdir, readFile, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { signal as send } from '../../apply/processes.ts';
import {
  ask,
  atEnd,
  eventually,
  head,
  makeRig,
  port,
  poterne,
  type Rig,
  startService,
} from '../../apply/testing.ts';
import { searchAudit } from '../../audit/search.ts';
import type { Step } from '../../model/message.ts';
import { expectations } from '../../plan/planner.ts';
import { readWafEvents } from '../../waf/events.ts';
import { ofWaf } from '../bans/offences.ts';
import { openEntry } from '../entry/entry.ts';
import { activeManifest, prove } from '../gateway.ts';
import { wafLogOf } from '../waf/log.ts';
import { markOf, ownQuestions } from '../waf/own.ts';
import { ask as askAll } from './ask.ts';
import { keepCanary } from './keep.ts';
import { questionsOf } from './questions.ts';
import { readCanary } from './record.ts';

const upstream = port(91);

const yaml = (rig: Rig) => `${head(rig.ports)}
people: { alice: { groups: [staff] } }
sign-in: { at: sign-in.example.fr, tls: internal }
tls-configurations:
  machines: { client-certificate: required, authorities: [internal] }
services:
  app: { url: "http://127.0.0.1:${upstream}" }
publications:
  block.example.fr: { service: app, audience: everyone, scenario: proxy+waf, waf: { mode: block } }
  seen.example.fr:
    { service: app, audience: everyone, scenario: proxy+waf, waf: { mode: observe, thresholds: { inbound: 100 } } }
  staff.example.fr: { service: app, audience: [{ groups: [staff] }], scenario: proxy+waf, waf: { mode: block } }
  inside.example.fr: { service: app, audience: { from: [192.0.2.0/24] }, scenario: proxy+waf, waf: { mode: block } }
  cert.example.fr: { service: app, audience: everyone, tls-configuration: machines, scenario: proxy+waf, waf: {} }
`;

/** Changes what is being served by hand, as an administrator might, and has nginx read it. */
async function byHand(
  rig: Rig,
  change: (text: string, path: string) => string,
): Promise<(how: { readonly isRead: boolean }) => Promise<void>> {
  const folder = join(rig.prefix, 'current');
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.conf'));
  const before = new Map<string, string>();
  for (const name of files) {
    const path = join(folder, name);
    const text = await readFile(path, 'utf8');
    if (change(text, name) === text) continue;
    before.set(path, text);
    await writeFile(path, change(text, name));
  }
  expect(before.size).toBeGreaterThan(0);
  send((await rig.master()) as number, 'SIGHUP');
  return async ({ isRead }) => {
    for (const [path, text] of before) await writeFile(path, text);
    if (isRead) send((await rig.master()) as number, 'SIGHUP');
  };
}

/** What reports tell, and what bans count: they agree. */
async function counted(rig: Rig): Promise<string[]> {
  const isOwn = await ownQuestions(rig.state);
  const log = wafLogOf(rig.state);
  const told: string[] = [];
  for await (const { publication, blocked } of readWafEvents(log, { isOwn }))
    told.push(`${publication} ${blocked ? 'blocked' : ''}`);
  const offences = (await readFile(log, 'utf8')).split('\n').flatMap((line) => ofWaf(line, isOwn) ?? []);
  expect(offences).toHaveLength(told.length);
  return told;
}

test('what must be refused is asked, and what is not refused any more is an alarm until it is', async () => {
  const rig = await makeRig();
  const heard: string[] = [];
  await startService(upstream, (request, response) => {
    heard.push(request.url ?? '');
    response.end('in');
  });
  await rig.apply(yaml(rig));
  const trouble: unknown[] = [];
  const on = { tell: () => {}, fail: (fault: unknown) => void trouble.push(fault) };
  const entry = openEntry(rig.state, process.getuid?.() === 0 ? 'www-data' : undefined, on);
  atEnd(() => entry.close());
  await entry.follow((await activeManifest(rig.state))?.site);

  const told: Step[] = [];
  const ending = new AbortController();
  const canary = keepCanary({
    gateway: rig.gateway,
    ...{
      tell: (step: Step) => void told.push(step),
      fail: on.fail,
      signal: ending.signal,
      pace: { every: 1000, again: 500 },
    },
  });
  atEnd(async () => {
    ending.abort();
    await canary.ended;
  });
  const alarms = async () =>
    (await readCanary(rig.state))?.alarms.map(({ id, seen }) => `${id} ${seen.code}`);
  let last: readonly string[] | undefined;
  const becomes = (...wanted: string[]) =>
    eventually(
      async () => {
        last = await alarms();
        return last?.join() === wanted.join();
      },
      () => `alarms: ${JSON.stringify(last)} ${JSON.stringify(trouble)} ${heard}`,
    );

  await becomes();
  expect(await readCanary(rig.state)).toMatchObject({ publications: 5, unasked: [] });
  // No service is troubled with it, also where its firewall only looks; and nobody is told of it as a visitor.
  expect(heard).toEqual([]);
  expect(await counted(rig)).toEqual([]);
  // Of what is refused as it must be, logs keep little: it is asked each minute of each publication.
  const lines = async (name: string) =>
    (await readFile(join(rig.state, 'nginx/log', name), 'utf8')).split('\n').filter((each) => each !== '');
  const questions = await lines('waf.log');
  expect(questions.length).toBeGreaterThanOrEqual(4);
  for (const each of questions) expect(each.length).toBeLessThanOrEqual(512);
  const denials = async () =>
    (await lines('error.log')).filter((each) => each.includes('Access denied')).length;
  expect(await denials()).toBe((await lines('waf.log')).length);

  // Nor of what `verify` asks. A visitor who asks the same is a visitor, with the header too, and whose mark is made up.
  const site = (await activeManifest(rig.state))?.site;
  if (!site) throw new Error('nothing is served');
  const promises = expectations(site).filter(({ probe }) => probe.kind === 'waf-refuses');
  const proved = await prove(rig.gateway, site, promises, { address: '127.0.0.1' });
  expect(proved.map(({ about, held }) => `${about} ${held}`)).toContain('block.example.fr true');
  const [promise] = promises.flatMap(({ about, probe }) =>
    about === 'block.example.fr' && 'path' in probe ? [probe.path] : [],
  );
  const ca = [rig.gateway.authority.root];
  const headers = { 'x-poterne-canary': '1' };
  const asked = (path: string) => ask({ port: rig.ports.https, name: 'block.example.fr', path, ca, headers });
  expect((await asked(`${promise}`)).status).toBe(403);
  expect((await asked(`${promise}&own=zzzzzzz.${'a'.repeat(32)}`)).status).toBe(403);
  // Somebody on this machine sends the very same, and the log keeps little of that too, or hides an attack beside it.
  const exactly = {
    ...{ 'user-agent': 'poterne', accept: 'application/json', connection: 'close' },
    'x-poterne-canary': 'as-visitors',
  };
  const imitated = `${promise}&at=block_example_fr&own=zzzzzzz.${'a'.repeat(32)}`;
  const imitate = (path: string, more = {}) =>
    ask({ port: rig.ports.https, name: 'block.example.fr', path, ca, headers: { ...exactly, ...more } });
  expect((await imitate(imitated)).status).toBe(403);
  const mark = await markOf(rig.state);
  const beside = { cookie: 'a=1 UNION SELECT password FROM users--' };
  expect((await imitate(`${promise}&at=block_example_fr&own=${mark}`, beside)).status).toBe(403);
  await eventually(async () => (await counted(rig)).length >= 4);
  expect(await counted(rig)).toEqual(Array(4).fill('block_example_fr blocked'));
  const having = async (name: string, what: string) =>
    (await lines(name)).filter((each) => each.includes(what));
  expect((await having('waf.log', imitated)).map(({ length }) => length <= 512)).toEqual([true]);
  expect(await having('waf.log', 'REQUEST_COOKIES:a')).toHaveLength(1);
  await eventually(async () => (await having('access.log', 'own=zzzzzzz')).length > 0);
  expect(await having('access.log', '&at=')).toEqual([]);

  // By hand: the firewall of one publication switched off, the door of another opened.
  const back = await byHand(rig, (text, path) =>
    path.includes('block_example_fr')
      ? text.replace(/modsecurity on;/g, 'modsecurity off;')
      : path === 'verdict.conf'
        ? text.replace('auth_request /.poterne/verdict;', 'auth_request off;')
        : text,
  );
  await becomes('block.example.fr#waf canary.let-through', 'staff.example.fr/#sign-in seen.sign-in.let-in');
  const status = poterne(['status', '--state', rig.state]);
  expect(await status.ended).toBe(1);
  expect(status.said()).toContain('ALARM since');
  expect(status.said()).toContain('block.example.fr: the web application firewall does not work');
  // Put back as it was, but not read by nginx: applying has it read all the same.
  await back({ isRead: false });
  await rig.apply(yaml(rig));
  await becomes();

  // The module is there, and looks on only; or all rules of the CRS are gone. Applying puts back what was changed by hand.
  await byHand(rig, (text) => text.replace(/SecRuleEngine On/g, 'SecRuleEngine DetectionOnly'));
  await becomes(
    'block.example.fr#waf canary.let-through',
    'staff.example.fr#waf canary.let-through',
    'inside.example.fr#waf canary.unseen',
    'cert.example.fr#waf canary.let-through',
  );
  await rig.apply(yaml(rig));
  await becomes();
  const set = join(rig.prefix, 'current/waf/rules');
  for (const name of await readdir(join(set, 'rules')))
    await writeFile(join(set, 'rules', name), '# nothing\n');
  send((await rig.master()) as number, 'SIGHUP');
  const wanted = ['block', 'cert', 'inside', 'seen', 'staff'].map((name) => `${name}.example.fr#waf`);
  await eventually(
    async () => {
      last = await alarms();
      return wanted.every((id) => last?.some((alarm) => alarm.startsWith(id)));
    },
    () => `alarms: ${JSON.stringify(last)} ${JSON.stringify(trouble)}`,
  );

  expect(told.map(({ code }) => code).filter((code) => code.startsWith('canary.alarm'))).toContain(
    'canary.alarm.sign-in',
  );
  const entries: string[] = [];
  for await (const { what, to, result } of searchAudit(rig.state, { what: 'canary' }))
    entries.push(`${what} ${to} ${result}`);
  expect(entries.slice(0, 4)).toEqual([
    'canary.alarm block.example.fr failed',
    'canary.alarm staff.example.fr failed',
    'canary.over block.example.fr done',
    'canary.over staff.example.fr done',
  ]);
  expect(trouble).toEqual([]);
});

test.each([
  ['', ''],
  [
    'tls: { url: "https://127.0.0.1:9" }',
    'direct.example.fr: { service: tls, scenario: direct, audience: everyone }',
  ],
])(
  'that a visitor is refused is in the audit log, and that the question is refused is not (%s)',
  async (service, publication) => {
    const rig = await makeRig();
    await rig.apply(`${head(rig.ports)}
people: { alice: { groups: [staff] } }
sign-in: { at: sign-in.example.fr, tls: internal }
services:
  app: { url: "http://127.0.0.1:${upstream}" }
  ${service}
publications:
  hours.example.fr: { service: app, audience: [{ groups: [staff], when: 2020-01-01 08:00 for 4h }], scenario: proxy+waf }
  ${publication}
`);
    const trouble: unknown[] = [];
    const entry = openEntry(rig.state, process.getuid?.() === 0 ? 'www-data' : undefined, {
      tell: () => {},
      fail: (fault: unknown) => void trouble.push(fault),
    });
    atEnd(() => entry.close());
    const manifest = await activeManifest(rig.state);
    if (!manifest) throw new Error('nothing is served');
    await entry.follow(manifest.site);
    const questions = questionsOf(manifest, new Set());
    expect([questions.waf.length, questions.entry.length]).toEqual([1, 1]);
    expect(await askAll(rig.gateway, questions)).toEqual({ unrefused: [], unasked: [], unanswered: [] });
    const refusals = async () => {
      const found: string[] = [];
      for await (const { to, from, detail } of searchAudit(rig.state, { what: 'access' }))
        found.push([to, from, detail?.why].join(' '));
      return found;
    };
    // The log is in order: what it had of the question would come first.
    const agent = new Agent({ localAddress: '127.0.0.2' });
    const visitor = {
      port: rig.ports.https,
      name: 'hours.example.fr',
      ca: [rig.gateway.authority.root],
      agent,
    };
    expect((await ask(visitor)).status).toBe(403);
    agent.destroy();
    await eventually(async () => (await refusals()).length > 0);
    expect(await refusals()).toEqual(['hours.example.fr 127.0.0.2 hours']);
    expect(trouble).toEqual([]);
  },
);

test.each([
  ['PROXY protocol', '', 'proxy-protocol: true, trusted-fronts: [192.0.2.5]', ''],
  ['PROXY protocol of a front on this machine', '', 'proxy-protocol: true, trusted-fronts: [127.0.0.1]', ''],
  ['a front on this machine that tells addresses', '', 'trusted-fronts: [127.0.0.1, 192.0.2.5]', ''],
  [
    'PROXY protocol where names are told apart before',
    'tls: { url: "https://127.0.0.1:9" }',
    'proxy-protocol: true, trusted-fronts: [192.0.2.5]',
    'direct.example.fr: { service: tls, scenario: direct, audience: everyone }',
  ],
])('behind %s the question goes the way of visitors', async (_, service, fronts, publication) => {
  const rig = await makeRig();
  await startService(upstream, 'in');
  const { http, https } = rig.ports;
  await rig.apply(`site: test
gateway: { listen: [127.0.0.1], http-port: ${http}, https-port: ${https}, ${fronts} }
services:
  app: { url: "http://127.0.0.1:${upstream}" }
  ${service}
publications:
  block.example.fr: { service: app, audience: everyone, scenario: proxy+waf }
  seen.example.fr: { service: app, audience: everyone, scenario: proxy+waf, waf: { mode: observe } }
  ${publication}
`);
  const manifest = await activeManifest(rig.state);
  if (!manifest) throw new Error('nothing is served');
  const questions = questionsOf(manifest, new Set());
  expect(questions.waf).toHaveLength(2);
  expect(await askAll(rig.gateway, questions)).toEqual({ unrefused: [], unasked: [], unanswered: [] });
  const isOwn = await ownQuestions(rig.state);
  for await (const event of readWafEvents(wafLogOf(rig.state), { isOwn })) expect(event).toBeUndefined();
  await byHand(rig, (text) => text.replace(/modsecurity on;/g, 'modsecurity off;'));
  let told: readonly string[] = [];
  await eventually(
    async () => {
      const { unrefused } = await askAll(rig.gateway, questions);
      told = unrefused.map(({ id, seen }) => `${id} ${seen.code}`);
      return told.length === 2 && told.every((each) => each.endsWith('#waf canary.let-through'));
    },
    () => told.join(),
  );
});
