import { type ChildProcess, execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../lab/lab.ts';
import { administrator, ranIn, startScript } from '../lab/testing.ts';
import { hiddenFields } from '../src/daemon/portal/testing.ts';
import { ownPackages } from '../src/hosts/own-packages.ts';
import { townHall } from '../src/identity/directories/testing/people.ts';
import { pkiOf, slapdConf, suffix } from '../src/identity/directories/testing/slapd.ts';
import type { CutReceipt } from '../src/model/cut.ts';

// Signing in at a gateway that another machine described and installed over ssh, from machines of two zones: people of its own,
// and of a directory on a host that its firewall lets it reach.

const gateway = { lan: '10.47.0.2', internet: '203.0.113.2' } as const;
const portal = 'https://portail.example.fr';
const names = [
  'portail.example.fr',
  'crm.example.fr',
  'coffre.example.fr',
  'bureau.example.fr',
  'vitrine.example.fr',
  'garage.example.fr',
];
const password = 'bateau tiroir nuage girafe';
const description = `
site: mairie
timezone: Europe/Paris
zones:
  internet: { networks: [203.0.113.0/24] }
  lan: { networks: [10.47.0.0/24], outgoing: described }
admin: { from: [10.47.0.9] }
hosts:
  gateway: { address: [${gateway.lan}, ${gateway.internet}], zone: lan, roles: [gateway], ssh: { user: debian } }
  annuaire: { address: 10.47.0.20, zone: lan }
  outside: { address: 203.0.113.66, zone: internet, roles: [vantage], ssh: { user: debian } }
people:
  bob: { name: Bob Durand, groups: [staff] }
directories:
  mairie:
    kind: ldap
    servers: [ldaps://annuaire]
    trust: { ca: pki/ldap.pem }
    base: "ou=people,${suffix}"
    group-base: "ou=groups,${suffix}"
    bind: { user: "cn=poterne,ou=services,${suffix}", password: { file: /etc/poterne/secrets/ldap } }
    groups: { staff: [staff] }
sign-in: { at: portail.example.fr, guests: [contractors], brand: { name: Mairie, logo: logo.svg, colour: "#336699" } }

calendars:
  always: { days: Mon-Sun, except: [closed.txt] }
services:
  app: { url: "http://10.47.0.50:8069" }
publications:
  crm.example.fr: { service: app, audience: [{ groups: [staff, contractors] }] }
  coffre.example.fr: { service: app, audience: [{ groups: [staff], mfa: required }] }
  bureau.example.fr: { service: app, audience: [{ signed-in: true, from: [lan], when: { hours: 00:00-24:00, calendar: always } }] }
  vitrine.example.fr: { service: app, audience: everyone }
  garage.example.fr: { service: app, audience: [{ groups: [staff], when: 2020-01-01..2020-01-02 }] }
`;

const site = '/etc/annuaire';
/** Says whom the gateway tells it that it answers. */
const application = `
  import { createServer } from 'node:http';
  createServer(({ headers }, response) => response.end('for ' + headers['x-poterne-user'] + '.')).listen(
    8069, '10.47.0.50', () => console.log('listening'));`;
const service = `[Service]
ExecStartPre=/bin/sh -c 'test -d ${site}/data || { mkdir ${site}/data && slapadd -q -f ${site}/slapd.conf -l ${site}/people.ldif; }'
ExecStart=/usr/sbin/slapd -d 0 -f ${site}/slapd.conf -h ldaps:///
[Install]
WantedBy=multi-user.target
`;

let lab: Lab;
let app: ChildProcess | undefined;
let folder: string;

/** Runs a command on the gateway, as root. */
async function on(...argv: readonly string[]) {
  const { code, stdout, stderr } = await lab.host('gateway').run(argv, { timeout: 120_000 });
  return { code, out: stdout, err: stderr };
}

async function did(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await on(...argv);
  expect(code, `${argv.join(' ')}\n${out}${err}`).toBe(0);
  return out;
}

/** The command as the administrator runs it, on the machine that has the description. */
async function poterne(
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly out: string }> {
  const { code, out, err } = await administrator(lab, folder)(...words, '--state', join(folder, 'state'));
  return { code, out: out + err };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  /** Where it came from in the end. */
  readonly url: string;
}

/** A browser on a host: it keeps cookies, and goes where it is sent. */
function browser(host: 'admin' | 'outside', who: string) {
  const jar = join(folder, `${who}-${host}.cookies`);
  const address = host === 'admin' ? gateway.lan : gateway.internet;
  const ask = async (url: string, ...more: readonly string[]): Promise<Answer> => {
    const { out: said } = await ranIn(lab, host, [
      ...['curl', '-sk', '-m', '20', '-b', jar, '-c', jar, '-w', '\\n%{http_code} %{url_effective}'],
      ...names.flatMap((name) => ['--resolve', `${name}:443:${address}`]),
      ...['-H', 'Accept: text/html', '-H', 'Sec-Fetch-Mode: navigate', '-H', 'Accept-Language: en'],
      ...[...more, url],
    ]);
    const [status, from = ''] = said.slice(said.lastIndexOf('\n') + 1).split(' ');
    return { status: Number(status), body: said.slice(0, said.lastIndexOf('\n')), url: from };
  };
  const go = (url: string) => ask(url, '-L');
  /** Fills in a form, and follows the page or the redirection that answers. */
  const send = async (page: Answer, path: string, fields: Readonly<Record<string, string>>) => {
    const all = Object.entries({ ...hiddenFields(page.body, path), ...fields });
    const data = all.flatMap((pair) => ['--data-urlencode', pair.join('=')]);
    const answer = await ask(`${portal}${path}`, '-H', `Origin: ${portal}`, ...data, '-L');
    const next = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(answer.body)?.[1];
    return next === undefined ? answer : go(next.replaceAll('&amp;', '&'));
  };
  return {
    ...{ go, send },
    async signIn(to: string, [login, source]: readonly [string, string], secret: string) {
      return send(await go(to), '/sign-in', { login, source, password: secret });
    },
  };
}

const codeOf = (seed: string, later = 0) =>
  new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: Date.now() + later * 1000 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-sign-in-'));
  const { authority, certificate } = await pkiOf(['annuaire']);
  const known = Object.fromEntries(names.map((name) => [name, [gateway.internet]]));
  lab = await up({
    name: `sign-in-${process.pid}`,
    zones: { lan: { networks: ['10.47.0.0/24'] }, internet: { networks: ['203.0.113.0/24'] } },
    controller: 'admin',
    hosts: {
      admin: { boot: false, interfaces: { lan: ['10.47.0.9'], internet: ['203.0.113.9'] } },
      gateway: {
        release: 'trixie',
        interfaces: { lan: [gateway.lan], internet: [gateway.internet] },
        names: { annuaire: ['10.47.0.20'] },
      },
      annuaire: {
        interfaces: { lan: ['10.47.0.20'] },
        packages: ['slapd'],
        files: {
          [`${site}/slapd.conf`]: { content: slapdConf(site) },
          [`${site}/people.ldif`]: { content: townHall },
          [`${site}/ca.pem`]: { content: authority.cert },
          [`${site}/crt.pem`]: { content: certificate.cert },
          [`${site}/key.pem`]: { content: certificate.key, mode: '0600' },
          '/etc/systemd/system/annuaire.service': { content: service },
        },
        run: [['systemctl', 'enable', '--now', 'annuaire']],
      },
      app: { boot: false, interfaces: { lan: ['10.47.0.50'] } },
      outside: { interfaces: { internet: ['203.0.113.66'] }, names: known },
    },
  });
  app = await startScript(lab, 'app', application);
  await writeFile(join(folder, 'site.yaml'), description);
  await writeFile(join(folder, 'closed.txt'), '2020-01-01\n');
  await writeFile(
    join(folder, 'logo.svg'),
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4"/></svg>',
  );
  await mkdir(join(folder, 'pki'));
  await writeFile(join(folder, 'pki/ldap.pem'), authority.cert);
}, 600_000);

afterAll(async () => {
  app?.kill('SIGKILL');
  if (lab) await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

const crm = 'https://crm.example.fr/deep?link=1';
const coffre = 'https://coffre.example.fr/';
const bureau = 'https://bureau.example.fr/';
const vitrine = 'https://vitrine.example.fr/';
let alice: ReturnType<typeof browser>;
let bob: ReturnType<typeof browser>;
let seed = '';

/** Nothing in the state folder is root's after what root did. */
const foreign = () => did('find', '/var/lib/poterne', '!', '-user', 'poterne');

/** Waits until the gateway answers for a name. */
const answers = (url: string, status: number, who = browser('outside', 'nobody')) =>
  expect.poll(async () => (await who.go(url)).status, { timeout: 90_000, interval: 500 }).toBe(status);

test('one description installs it; its secret must be the service’s to read, and the directory test says so', async () => {
  const { code, out } = await poterne('apply', 'site.yaml');
  expect([code, out]).toEqual([0, expect.stringContaining('is served with configuration')]);
  // The gateway tells of the password that it lacks, at the line of this file.
  expect(out).toMatch(/site\.yaml:\d+:\d+ +warning +secret\.missing/);
  expect(await did('sh', '-c', 'ls /etc/poterne/files | cut -d- -f2 | sort')).toBe('ldap.pem\nlogo.svg\n');
  await did('install', '-d', '-m', '750', '-g', 'poterne', '/etc/poterne/secrets');
  const secret = '/etc/poterne/secrets/ldap';
  await did('sh', '-c', `umask 077; echo service-password > ${secret}`);
  const refused = await on('poterne', 'directory', 'test', 'mairie', 'alice', '--json');
  expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('secret.unreadable')]);
  expect((await on('poterne', 'why', 'alice@mairie', 'crm.example.fr', '--from', '10.47.0.9')).code).toBe(1);
  await did('chgrp', 'poterne', secret);
  await did('chmod', '640', secret);
  expect(await did('poterne', 'directory', 'test', 'mairie', 'alice')).toContain('groups: staff');
  // The firewall lets the gateway reach this port of the directory's host, and no other.
  expect((await on('nc', '-z', '-w', '2', '10.47.0.20', '636')).code).toBe(0);
  for (const port of ['22', '389'])
    expect((await on('nc', '-z', '-w', '2', '10.47.0.20', port)).code).toBe(1);
});

test('local people, guests, tokens and those of the directory enter from two zones, where they may', async () => {
  const invited = await did('poterne', 'user', 'invite', 'bob');
  expect(invited).toMatch(/^https:\/\/portail\.example\.fr\/invitation\?code=\S+\n$/);
  bob = browser('outside', 'bob');
  const chosen = await bob.send(await bob.go(invited.trim()), '/invitation', { password, again: password });
  expect([chosen.status, chosen.body]).toEqual([200, expect.stringContaining('You sign in as bob')]);
  expect(await bob.signIn(crm, ['bob', 'local'], password)).toEqual({
    status: 200,
    body: 'for bob.',
    url: crm,
  });
  // The service's account makes it, and whoever nginx's workers run as finds it.
  const run = '/var/lib/poterne/nginx/run';
  const badge = await did('sh', '-c', `cd ${run} && find -L badges/0 -type f | sort | tail -n 1`);
  expect(badge).toMatch(/^badges\/0\/bob\|/);
  const workers = (await did('ps', '-o', 'user=', '-C', 'nginx')).trim().split('\n');
  await did('runuser', '-u', `${workers.at(-1)}`, '--', 'test', '-f', `${run}/${badge.trim()}`);
  // It tells whose connection it is, too, in a log that nginx began.
  const sightings = await did('cat', '/var/lib/poterne/nginx/log/sightings.log');
  expect(sightings).toMatch(/ crm\S* \S+ 200 .* bob$/m);
  expect((await bob.go(bureau)).status).toBe(403);
  expect((await bob.go('https://garage.example.fr/')).status).toBe(403);
  alice = browser('admin', 'alice');
  expect((await alice.signIn(crm, ['alice', 'mairie'], 'wrong')).status).toBe(401);
  expect(await alice.signIn(crm, ['alice', 'mairie'], 'alice-password')).toMatchObject({
    status: 200,
    body: 'for alice@mairie.',
  });
  expect((await alice.go(bureau)).body).toBe('for alice@mairie.');
  await did('sh', '-c', `printf %s '${password}' | poterne user password bob`);
  expect((await bob.go(crm)).url).toContain(`${portal}/sign-in`);
  await bob.signIn(crm, ['bob', 'local'], password);
  expect(await did('poterne', 'user', 'guest', 'zoe', '--groups', 'contractors', '--until', '8h')).toContain(
    portal,
  );
  expect(await did('poterne', 'user', 'list')).toMatch(/^bob .*\nzoe /m);
  const token = (
    await did('poterne', 'token', 'create', 'backup', '--as', 'bob', '--for', 'crm.example.fr')
  ).trim();
  const asked = await ranIn(lab, 'outside', [
    ...['curl', '-sk', '--resolve', `crm.example.fr:443:${gateway.internet}`],
    ...['-H', `Authorization: Bearer ${token}`, 'https://crm.example.fr/'],
  ]);
  expect(asked.out).toBe('for bob.');
  expect(
    (
      await on(
        'poterne',
        'why',
        'alice@mairie',
        'bureau.example.fr',
        '--groups',
        'staff',
        '--from',
        '203.0.113.66',
      )
    ).code,
  ).toBe(1);
  expect((await on('poterne', 'why', 'alice@mairie', 'crm.example.fr', '--from', '10.47.0.9')).code).toBe(0);
  await did('poterne', 'status');
  expect(await did('poterne', 'audit', '--what', 'sign-in')).toContain('alice@mairie');
  expect(await foreign()).toBe('');
});

test('every promise holds, seen from the internet', async () => {
  const { code, out } = await poterne('verify', 'site.yaml', '--from', 'outside');
  expect([code, out]).toEqual([0, expect.stringContaining('All promises kept')]);
  expect(out).toContain('The name portail.example.fr leads to an address that accepts connections.');
  expect(out).toContain(`https://crm.example.fr/ leads a browser to ${portal}, to sign in.`);
});

test('a second factor is enrolled, and its seed is readable after each kind of restart; sessions go on', async () => {
  const methods = await bob.go(coffre);
  expect(methods.url).toContain(`${portal}/factors`);
  const link = /href="(\/factors\/totp[^"]*)"/.exec(methods.body)?.[1] ?? '';
  const offered = await bob.go(portal + link.replaceAll('&amp;', '&'));
  seed = (/class="seed">([^<]+)</.exec(offered.body)?.[1] ?? '').replaceAll(' ', '');
  expect(seed).toMatch(/^[A-Z2-7]{32}$/);
  const shown = await bob.send(offered, '/factors/totp', { code: codeOf(seed), name: '' });
  expect(shown.body).toMatch(/class="codes"/);
  expect((await bob.go(coffre)).body).toBe('for bob.');
  await did('systemctl', 'restart', 'poterne');
  for (const [who, name] of [
    [alice, 'alice@mairie'],
    [bob, 'bob'],
  ] as const)
    expect((await who.go(crm)).body).toBe(`for ${name}.`);
  expect((await bob.go(coffre)).body).toBe('for bob.');
  const again = browser('outside', 'bob-again');
  const asked = await again.signIn(coffre, ['bob', 'local'], password);
  expect(asked.url).toContain(`${portal}/step-up`);
  expect((await again.send(asked, '/step-up/totp', { code: codeOf(seed, 30) })).body).toBe('for bob.');
});

test('while the daemon is dead what is guarded is 503 and the rest goes on; systemd brings it back, and upgrades keep sessions', async () => {
  const before = await did('systemctl', 'show', 'poterne', '--value', '-p', 'MainPID');
  await did('mkdir', '-p', '/run/systemd/system/poterne.service.d');
  await did(
    'sh',
    '-c',
    'printf "[Service]\\nRestartSec=6s\\n" > /run/systemd/system/poterne.service.d/slow.conf',
  );
  await did('systemctl', 'daemon-reload');
  await did('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'poterne');
  await answers(crm, 503, alice);
  expect((await alice.go(vitrine)).status).toBe(200);
  await answers(crm, 200, alice);
  expect(await did('systemctl', 'show', 'poterne', '--value', '-p', 'MainPID')).not.toBe(before);
  const { poterne: built } = await ownPackages(() => {});
  await promisify(execFile)('scp', ['-q', '-F', lab.sshConfig, built.file, 'root@gateway:/root/poterne.deb']);
  await did('dpkg', '--install', '/root/poterne.deb');
  await answers(crm, 200, alice);
  expect((await bob.go(coffre)).body).toBe('for bob.');
  expect(await foreign()).toBe('');
});

test('somebody cut off is out at once, and still after a reboot, which the others’ sessions outlive', async () => {
  const receipt = JSON.parse(
    await did('poterne', 'cut', 'user:bob', '--reason', 'an incident', '--json'),
  ) as CutReceipt;
  expect(receipt.troubles).toEqual([]);
  expect((await bob.go(crm)).body).not.toContain('for bob');
  expect((await alice.go(crm)).body).toBe('for alice@mairie.');
  expect(await foreign()).toBe('');
  await lab.host('gateway').reboot();
  await answers(crm, 200, alice);
  expect((await bob.signIn(crm, ['bob', 'local'], password)).status).toBe(401);
  await did('poterne', 'restore', 'user:bob');
  expect((await bob.signIn(crm, ['bob', 'local'], password)).body).toBe('for bob.');
});

test('without the directory’s host, those of it are held up and nobody else', async () => {
  await lab.host('annuaire').powerOff();
  // As five minutes later: what the directory said of them is too old to go by.
  await did('systemctl', 'stop', 'poterne');
  const older = `update session set checked = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-300 seconds')`;
  const script = `const Database = require('/usr/lib/poterne/node_modules/libsql');
    new Database('/var/lib/poterne/poterne.db').exec(${JSON.stringify(older)})`;
  await did('runuser', '-u', 'poterne', '--', 'node', '--eval', script);
  await did('systemctl', 'start', 'poterne');
  await answers(crm, 503, alice);
  expect((await bob.go(crm)).body).toBe('for bob.');
  expect((await alice.go(vitrine)).status).toBe(200);
  await lab.host('annuaire').powerOn();
  await answers(crm, 200, alice);
  expect(await foreign()).toBe('');
});
