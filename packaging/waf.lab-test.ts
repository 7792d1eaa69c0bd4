import type { ChildProcess } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../lab/lab.ts';
import { administrator, ranIn, startScript } from '../lab/testing.ts';
import { crsFour } from '../src/engines/nginx/testing-waf.ts';
import { readRuleSet } from '../src/lib/crs.ts';
import { mailbox, opened, password, postfixHost, startPostfix } from '../src/mail/testing-postfix.ts';

// The web application firewall of a gateway that another machine described and installed over ssh: looked at and tuned from there, switched off behind
// Poterne's back and found within a minute, with rules that were brought along.

const gateway = { lan: '10.49.0.2', internet: '203.0.113.2' } as const;
const attack = `?q=${encodeURIComponent('<script>alert(1)</script>')}`;

const description = (more = '', seen = 'mode: observe') => `site: mairie
language: fr
timezone: Europe/Paris
zones:
  internet: { networks: [203.0.113.0/24] }
  lan: { networks: [10.49.0.0/24] }
admin: { from: [10.49.0.9] }
hosts:
  gateway: { address: [${gateway.lan}, ${gateway.internet}], zone: lan, roles: [gateway], ssh: { user: debian } }
mail:
  smtp: { host: 10.49.0.25, user: poterne, password: { file: /etc/poterne/secrets/smtp }, ca: ca.crt }
  from: Poterne <poterne@example.fr>
  alert: [dsi@example.fr]
services:
  app: { url: "http://10.49.0.50:8069" }
publications:
  erp.example.fr: { service: app, audience: everyone, scenario: proxy+waf }
  seen.example.fr: {service: app, audience: everyone, scenario: proxy+waf, waf: {${seen}}}
  www.example.fr: { service: app, audience: everyone }
${more}`;

const application = `
  import { createServer } from 'node:http';
  createServer((request, response) => { request.resume(); response.end('welcome'); })
    .listen(8069, '10.49.0.50', () => console.log('listening'));`;

let lab: Lab;
let folder: string;
let app: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-waf-'));
  lab = await up({
    name: `waf-${process.pid}`,
    zones: { lan: { networks: ['10.49.0.0/24'] }, internet: { networks: ['203.0.113.0/24'] } },
    controller: 'admin',
    hosts: {
      admin: { boot: false, interfaces: { lan: ['10.49.0.9'] } },
      gateway: {
        release: 'trixie',
        interfaces: { lan: [gateway.lan], internet: [gateway.internet] },
        files: { '/etc/poterne/secrets/smtp': { content: `${password}\n`, mode: '0640' } },
      },
      mx: postfixHost('10.49.0.25', ['dsi']),
      app: { boot: false, interfaces: { lan: ['10.49.0.50'] } },
      outside: { boot: false, interfaces: { internet: ['203.0.113.21'] } },
    },
  });
  await startPostfix(lab, folder);
  app = await startScript(lab, 'app', application);
  await writeFile(join(folder, 'site.yaml'), description());
}, 600_000);

afterAll(async () => {
  app?.kill('SIGKILL');
  if (lab) await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

/** The command as the administrator runs it, on the machine that has the description. */
const poterne = (...words: readonly string[]) => administrator(lab, folder)(...words);
const apply = () => poterne('apply', 'site.yaml', '--state', join(folder, 'state'));

/** What a visitor gets. */
async function visit(name: string, path = '/', ...more: readonly string[]): Promise<number> {
  const { out } = await ranIn(lab, 'outside', [
    ...['curl', '-sk', '-m', '10', '-o', '/dev/null', '-w', '%{http_code}'],
    ...['--resolve', `${name}:443:${gateway.internet}`, ...more, `https://${name}${path}`],
  ]);
  return Number(out);
}

const on = (...argv: readonly string[]) => lab.host('gateway').run(argv, { timeout: 120_000 });
async function did(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await on(...argv);
  expect(code, `${argv.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}
const letters = async (count: number) => {
  const all = await Promise.all((await mailbox(lab, 'dsi', count)).map((each) => opened(folder, each)));
  return all.map(({ subject, text }) => `${subject}\n${text}`);
};

/** When the firewall of a publication was switched off behind Poterne's back: it is found while something else is tried. */
let off = 0;

test('one description installs it, and an attack is refused until somebody switches the firewall off', async () => {
  const { code, out, err } = await apply();
  expect([code, out + err]).toEqual([0, expect.stringContaining('is served with configuration')]);
  await did('chgrp', 'poterne', '/etc/poterne/secrets/smtp');
  await expect.poll(() => visit('erp.example.fr'), { timeout: 60_000 }).toBe(200);
  expect(await visit('erp.example.fr', `/${attack}`)).toBe(403);
  // As an administrator would, who has nginx test what he changed first.
  await did(
    'sh',
    '-euc',
    `cd /var/lib/poterne/nginx/current
     sed -i 's/modsecurity on;/modsecurity off;/' publications/erp_example_fr.conf
     nginx -t -p /var/lib/poterne/nginx/current/ -c nginx.conf
     kill -HUP "$(cat /var/lib/poterne/nginx/run/nginx.pid)"`,
  );
  off = Date.now();
  await expect.poll(() => visit('erp.example.fr', `/${attack}`), { timeout: 20_000 }).toBe(200);
});

test('what would be blocked is reported, tuned and evidence for blocking, from the controller', async () => {
  expect(await visit('seen.example.fr', `/search${attack}%1b%5d0;evil%07%e2%80%ae`)).toBe(200);
  const honest = ['--data-urlencode', `text=l'article 12; select * from la table où l'on 1' or '1'='1`];
  expect(await visit('seen.example.fr', '/notes/7', ...honest)).toBe(200);
  const told = async () => (await poterne('waf', 'report', 'seen.example.fr')).out;
  await expect.poll(told, { timeout: 20_000 }).toContain('/notes/:id  ARGS:text');
  const shown = await told();
  expect(shown).toContain('/search  ARGS:q');
  expect(shown).not.toContain('article');
  expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  const { groups } = JSON.parse((await poterne('waf', 'report', 'seen.example.fr', '--json')).out);
  const reference = groups.find(({ path }: { path: string }) => path === '/search').examples[0].request;
  const one = await poterne('waf', 'report', '--reference', reference);
  expect([one.code, one.out]).toEqual([0, expect.stringContaining('would have been blocked: GET /search')]);
  for (const [words, status, said] of [
    [['nobody.example.fr'], 2, 'nothing is published as "nobody.example.fr"'],
    [['--reference', '0'.repeat(32)], 2, 'does not know'],
  ] as const) {
    const refused = await poterne('waf', 'report', ...words);
    expect([refused.code, refused.err]).toEqual([status, expect.stringContaining(said)]);
  }
  const request = 'note.http';
  await writeFile(join(folder, request), `GET /search${attack} HTTP/1.1\r\nHost: seen.example.fr\r\n\r\n`);
  const tune = ['waf', 'tune', 'seen.example.fr', '--reference', reference, '--request', request, '--write'];
  const tuned = await poterne(...tune);
  expect([tuned.code, tuned.out]).toEqual([0, expect.stringContaining('The request in the file passes.')]);
  expect(tuned.err).toMatch(/\d+ of \d+ attacks weighed/);
  const written = await readFile(join(folder, 'site.yaml'), 'utf8');
  const lines = description().split('\n');
  expect(written.split('\n').filter((line) => !lines.includes(line))).toEqual([
    expect.stringContaining('exclusions: [{ rule: 941100, path: /search, target: ARGS:q'),
  ]);
  await writeFile(join(folder, 'site.yaml'), written.replace('{mode: observe', '{mode: block'));
  const plan = await poterne('plan', 'site.yaml', '--json', '--state', join(folder, 'state'));
  const { findings } = JSON.parse(plan.out) as { findings: readonly { code: string; message: string }[] };
  expect(findings.find(({ code }) => code.startsWith('waf.enforce'))).toMatchObject({
    code: 'waf.enforce.unresolved',
    message: expect.stringContaining('2 would have been blocked, and 1 still would'),
  });
  await writeFile(join(folder, 'site.yaml'), description());
});

test('switched off by hand, it is an alarm within a minute: status, audit log, journal and one letter; apply ends it', async () => {
  const status = async () => (await on('poterne', 'status')).stdout;
  // A minute, and what a busy machine takes to say so.
  await expect.poll(status, { timeout: 90_000, interval: 1000 }).toContain('ALARM since');
  const record = JSON.parse(await did('cat', '/var/lib/poterne/canary.json'));
  expect(record.alarms).toMatchObject([{ id: 'erp.example.fr#waf', seen: { code: 'canary.let-through' } }]);
  expect(Date.parse(record.alarms[0].since) - off).toBeLessThan(75_000);
  expect((await on('poterne', 'status')).code).toBe(1);
  expect(await did('poterne', 'audit', '--what', 'canary')).toMatch(/canary\.alarm +erp\.example\.fr/);
  expect(await did('journalctl', '-u', 'poterne', '-o', 'cat', '--no-pager')).toContain(
    'erp.example.fr: the web application firewall does not work',
  );
  const [alarm] = await letters(1);
  expect(alarm).toContain('[mairie] erp.example.fr ne refuse plus ce qui doit l’être');
  expect(alarm).toContain('la réponse à une attaque est 200, et non un refus (depuis le ');

  const { code, out, err } = await apply();
  expect([code, out + err]).toEqual([0, expect.stringContaining('is served with configuration')]);
  expect(await visit('erp.example.fr', `/${attack}`)).toBe(403);
  await expect.poll(status, { timeout: 90_000, interval: 500 }).not.toContain('ALARM since');
  // What root’s nginx took for itself is the gateway’s again.
  expect(await did('find', '/var/lib/poterne', '!', '-user', 'poterne')).toBe('');
  const both = await letters(2);
  expect(both.join()).toContain('[mairie] l’alarme de erp.example.fr est finie');
  expect(await did('poterne', 'audit', '--what', 'canary')).toMatch(/canary\.over +erp\.example\.fr/);
});

test('rules that were brought along are carried and run; changed or gone, what needs them refuses and no others', async () => {
  const rules = join(folder, 'crs');
  for (const [name, text] of Object.entries(crsFour)) {
    await mkdir(dirname(join(rules, name)), { recursive: true });
    await writeFile(join(rules, name), text);
  }
  const files = { list: (path: string) => readdir(path), bytes: (path: string) => readFile(path) };
  const set = await readRuleSet(rules, files);
  if (!('files' in set)) throw new Error(JSON.stringify(set));
  const seen = async () => [
    await visit('erp.example.fr', '/?q=%3Cscript'),
    await visit('erp.example.fr'),
    await visit('www.example.fr'),
  ];
  await writeFile(join(folder, 'site.yaml'), description(`waf: { rules: crs, sha256: ${set.sha256} }\n`));
  const brought = await apply();
  expect([brought.code, brought.out]).toEqual([
    0,
    expect.stringContaining('941-APPLICATION-ATTACK-XSS.conf'),
  ]);
  expect(await seen()).toEqual([403, 200, 200]);

  const changed = join(rules, 'rules/REQUEST-941-APPLICATION-ATTACK-XSS.conf');
  await appendFile(changed, '# Somebody was here.\n');
  const planned = await poterne('plan', 'site.yaml', '--state', join(folder, 'state'));
  expect(planned.err).toContain('waf.rules.digest');
  const partial = await apply();
  expect([partial.code, partial.out, partial.err]).toEqual([
    1,
    expect.stringContaining('2 publications do not stand as described'),
    expect.stringContaining('publications with a web application firewall refuse'),
  ]);
  expect(await seen()).toEqual([503, 503, 200]);

  await rename(rules, `${rules}.gone`);
  const gone = await apply();
  expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('waf.rules.missing')]);
  expect(await seen()).toEqual([503, 503, 200]);

  await rename(`${rules}.gone`, rules);
  await writeFile(changed, crsFour['rules/REQUEST-941-APPLICATION-ATTACK-XSS.conf']);
  expect((await apply()).code).toBe(0);
  expect(await seen()).toEqual([403, 200, 200]);
  expect(await did('find', '/var/lib/poterne', '!', '-user', 'poterne')).toBe('');
});
