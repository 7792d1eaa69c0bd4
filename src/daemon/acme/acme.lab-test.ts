import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { down, type Lab, up } from '../../../lab/lab.ts';
import { installPoterne } from '../../../packaging/testing.ts';
import { pinOf } from '../../lib/partner-pins.ts';
import { type Pebble, startPebble } from '../../pki/acme/testing.ts';
import { openAuthority } from '../../pki/authority/authority.ts';

// A gateway that runs Poterne as a service, an ACME server and BIND, on an internet of their own.

const run = promisify(execFile);
const at = {
  gateway: '203.0.113.10',
  server: '203.0.113.20',
  names: '203.0.113.53',
  visitor: '203.0.113.99',
};
const secret = Buffer.from('thirty-two bytes of a TSIG secret').toString('base64');

let lab: Lab;
let folder: string;
let pebble: Pebble;
let named: ChildProcess;

const zone = `$TTL 1
@ SOA ns root 1 60 60 3600 1
@ NS ns
ns A ${at.names}
ca A ${at.server}
one A ${at.gateway}
jeedom A ${at.gateway}
camera A ${at.gateway}
elsewhere A ${at.visitor}
partner A ${at.server}
`;

const configuration = (top: string) => `
  options { directory "${top}"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;
    listen-on { ${at.names}; }; listen-on-v6 { none; }; };
  controls {};
  key "poterne" { algorithm hmac-sha256; secret "${secret}"; };
  zone "example.org" { type primary; file "example.org.zone"; update-policy { grant poterne zonesub TXT A; }; };
`;

const rfc2136 = `rfc2136: { server: ${at.names}, key: { name: poterne, secret: { file: /etc/poterne/tsig } } }`;

/** What a description may have otherwise: how records are written, where it is rehearsed, and what comes after. */
interface Otherwise {
  readonly dns?: string;
  readonly staging?: string;
  readonly more?: string;
}

const description = (
  publications: string,
  { dns = rfc2136, staging, more = '' }: Otherwise = {},
) => `site: internet
services:
  app: { url: "http://127.0.0.1:8069", healthy: { path: /, contains: welcome } }
acme:
  directory: "${pebble.directory}"
  trust: /etc/poterne/acme-ca.pem
  email: it@example.org
  terms: agreed
${staging === undefined ? '' : `  staging: "${staging}"\n`}  dns: { ${dns} }
publications:
${publications}${more}`;

const published = (name: string, tls = 'acme', more = '') =>
  `  "${name}": { service: app, audience: everyone, tls: ${tls}${more} }\n`;
const both = published('one.example.org') + published('*.apps.example.org');

const inside = (...argv: string[]) => lab.host('gateway').run(argv, { timeout: 60_000 });
const did = async (...argv: string[]) => {
  const { code, stdout, stderr } = await inside(...argv);
  expect(code, `${argv.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
};
/** Written inside: what is put below a running overlay may not be seen there. */
const put = (name: string, text: string) =>
  did('sh', '-c', 'printf %s "$1" >"$2"', 'sh', text, `/etc/poterne/${name}`);
const describe = async (publications: string, otherwise: Otherwise = {}) => {
  await put('site.yaml', description(publications, otherwise));
  return inside('poterne', 'reload', '--json');
};

/** What a visitor gets who trusts what the server's root signed: status and the certificate's fingerprint. */
async function visit(name: string): Promise<{ status: string; serial: string }> {
  const roots = join(folder, 'roots.pem');
  const [program = '', ...argv] = lab
    .host('visitor')
    .networkCommand([
      ...['curl', '-s', '-m', '5', '--cacert', roots, '--resolve', `${name}:443:${at.gateway}`],
      ...['-w', '%{http_code} %{certs}', '-o', '/dev/null', `https://${name}/`],
    ]);
  const { stdout } = await run(program, argv).catch((error) => ({ stdout: `${error.stdout} ${error.code}` }));
  return { status: stdout.slice(0, 3), serial: /Serial Number:([\da-f]+)/i.exec(stdout)?.[1] ?? '' };
}

/** Waits until a name is served with another certificate than this one; gives its serial number. */
async function served(name: string, not = ''): Promise<string> {
  for (const until = Date.now() + 40_000; Date.now() < until; ) {
    const { status, serial } = await visit(name);
    if (status.match(/[23]../) && serial !== not) return serial;
  }
  throw new Error(
    `${name} was not served: ${await did('journalctl', '-u', 'poterne', '--no-pager', '-n', '20')}`,
  );
}

/** What `cert renew` says: its exit status, and the outcome and code for each certificate. */
async function renew(...more: string[]) {
  const { code, stdout } = await inside('poterne', 'cert', 'renew', '--json', ...more);
  const { certificates } = JSON.parse(stdout);
  type Row = { outcome: string; fault?: { code: string; next?: string } };
  return {
    code,
    rows: (certificates as Row[]).map(({ outcome, fault }) => fault?.code ?? outcome),
    certificates,
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-acme-lab-'));
  lab = await up({
    name: `acme-${process.pid}`,
    zones: { internet: { networks: ['203.0.113.0/24'] } },
    hosts: {
      gateway: {
        release: 'trixie',
        interfaces: { internet: [at.gateway] },
        resolvers: [at.names],
        files: {
          '/etc/nginx/sites-available/default': {
            content:
              'server { listen 8069; listen 18081; listen 18082; location / { return 200 "welcome\\n"; } }\n',
          },
        },
        run: [['systemctl', 'start', 'nginx']],
      },
      names: { boot: false, interfaces: { internet: [at.names] } },
      server: { boot: false, interfaces: { internet: [at.server] } },
      visitor: { boot: false, interfaces: { internet: [at.visitor] } },
    },
  });
  // Debian's AppArmor profile knows the program by its path, and lets it read nothing of ours.
  await copyFile('/usr/sbin/named', join(folder, 'named'));
  await writeFile(join(folder, 'example.org.zone'), zone);
  await writeFile(join(folder, 'named.conf'), configuration(folder));
  const [program = '', ...argv] = lab
    .host('names')
    .networkCommand([join(folder, 'named'), '-g', '-n', '1', '-c', join(folder, 'named.conf')]);
  named = spawn(program, argv, { stdio: 'ignore' });
  const [started] = await Promise.all([
    startPebble({
      ...{ address: at.server, name: 'ca.example.org', dns: `${at.names}:53`, httpPort: 80, lifetime: 30 },
      blocked: ['blocked.example.org'],
      wrap: lab.host('server').networkCommand,
    }),
    installPoterne(lab, 'gateway'),
  ]);
  pebble = started;
  await writeFile(join(folder, 'roots.pem'), await pebble.root());
  await did('mkdir', '-p', '/etc/poterne');
  await put('acme-ca.pem', await readFile(pebble.trust, 'utf8'));
  await put('tsig', `${secret}\n`);
  await did('chown', 'root:poterne', '/etc/poterne/tsig');
  await did('chmod', '640', '/etc/poterne/tsig');
  await did('chmod', '644', '/etc/poterne/acme-ca.pem');
  await put('site.yaml', description(both));
  await did('systemctl', 'start', 'poterne');
});

afterAll(async () => {
  await pebble?.stop();
  named?.kill();
  if (lab) await down(lab.name);
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('a name over http and a wildcard over dns are obtained, by an account without rights', async () => {
  await served('one.example.org');
  await served('any.apps.example.org');
  expect(await did('find', '/var/lib/poterne/acme', '-type', 'f', '!', '-perm', '0600')).toBe('');
  expect(await did('find', '/var/lib/poterne/acme', '!', '-user', 'poterne')).toBe('');
  const said = await did('journalctl', '-u', 'poterne', '--no-pager');
  expect(said).not.toMatch(/PRIVATE KEY/);
  expect(said).not.toContain(secret);
  // No record stays behind.
  expect(await did('dig', '+short', '_acme-challenge.apps.example.org', 'TXT')).toBe('');
});

test('the house of the example is on the internet, each name with its certificate (CON-2, CON-4)', async () => {
  const example = await readFile(
    new URL('../../../examples/constellation/internet.yaml', import.meta.url),
    'utf8',
  );
  const server = `acme:\n  directory: "${pebble.directory}"\n  trust: /etc/poterne/acme-ca.pem\n`;
  await put('site.yaml', example.replace('acme:\n', server));
  expect(JSON.parse((await inside('poterne', 'reload', '--json')).stdout).awaited).toHaveLength(2);
  const [jeedom, camera] = [await served('jeedom.example.org'), await served('camera.example.org')];
  expect(jeedom).not.toBe(camera);
  expect(await renew('--dry-run')).toMatchObject({ code: 0, rows: ['validated', 'validated'] });
  await describe(both);
});

test('it is rehearsed through the daemon, and renewed by itself while it is short-lived', async () => {
  const { serial } = await visit('one.example.org');
  expect(await renew('--dry-run')).toMatchObject({ code: 0, rows: ['validated', 'validated'] });
  await served('one.example.org', serial);
});

test('what keeps a name from its certificate is said with what to do, and the others go on', async () => {
  const names = ['elsewhere', 'blocked', 'unknown'].map((each) => published(`${each}.example.org`));
  expect(JSON.parse((await describe(both + names.join(''))).stdout).awaited).toHaveLength(3);
  for (const [name, code, foreseen] of [
    // Pebble does not tell a name that does not exist from one that does not answer; we do.
    ['elsewhere', 'acme.connection', 'acme.preflight.elsewhere'],
    ['unknown', 'acme.connection', 'acme.preflight.unresolved'],
    ['blocked', 'acme.rejected', 'acme.preflight.unresolved'],
  ] as const) {
    const { rows, code: ended, certificates } = await renew(`${name}.example.org`);
    expect([ended, rows]).toEqual([1, [code]]);
    expect(certificates[0].fault.next).toBeTruthy();
    expect(certificates[0].foreseen.map((found: { code: string }) => found.code)).toContain(foreseen);
  }
  expect((await visit('elsewhere.example.org')).status).not.toBe('200');
  expect(await renew('--force', 'one.example.org')).toMatchObject({ code: 0, rows: ['renewed'] });
  // Somebody closes port 80 to the server.
  await describe(both);
  await did('nft', 'add table inet shut');
  await did('nft', 'add chain inet shut in { type filter hook input priority 0; }');
  await did('nft', `add rule inet shut in ip saddr ${at.server} tcp dport 80 reject`);
  expect(await renew('--force', 'one.example.org')).toMatchObject({ code: 1, rows: ['acme.connection'] });
  expect((await visit('one.example.org')).status).toBe('200');
  await did('nft', 'delete table inet shut');
  // A key that the name server does not know.
  await put('tsig', `${secret.replace('d', 'e')}\n`);
  const { code, rows } = await renew('--dry-run', 'any.apps.example.org');
  expect(code).toBe(1);
  expect(rows[0]).toMatch(/^acme\./);
  await put('tsig', `${secret}\n`);
});

test('where the server has a staging directory, a rehearsal obtains a certificate there, and what serves is left as it is', async () => {
  const staging = await startPebble({
    ...{ address: at.server, name: 'ca.example.org', dns: `${at.names}:53`, httpPort: 80 },
    wrap: lab.host('server').networkCommand,
  });
  try {
    const roots = [await readFile(pebble.trust, 'utf8'), await readFile(staging.trust, 'utf8')];
    await put('acme-ca.pem', roots.join(''));
    await describe(published('jeedom.example.org'), { staging: staging.directory });
    await served('jeedom.example.org');
    expect(await renew('--dry-run')).toMatchObject({ code: 0, rows: ['issued'] });
    expect(staging.log()).toMatch(/issued certificate/i);
  } finally {
    await staging.stop();
  }
  expect(await renew('--dry-run')).toMatchObject({ code: 1, rows: ['acme.unreachable'] });
  expect((await visit('jeedom.example.org')).status).toBe('200');
});

test('a program of the user’s writes the records, and takes them away', async () => {
  await put(
    'record',
    `#!/bin/sh
case $1 in present) line="update add $2 1 TXT $3" ;; cleanup) line="update delete $2 TXT $3" ;; esac
echo "$1 $2" >>/tmp/records
printf 'server ${at.names}\\n%s\\nsend\\n' "$line" | nsupdate -y "hmac-sha256:poterne:$(cat /etc/poterne/tsig)"
`,
  );
  await did('chmod', '755', '/etc/poterne/record');
  await describe(published('*.hook.example.org'), { dns: 'hook: [/etc/poterne/record]' });
  await served('any.hook.example.org');
  expect(await did('dig', '+short', '_acme-challenge.hook.example.org', 'TXT')).toBe('');
  await put('record', '#!/bin/sh\necho "no zone of ours" >&2\nexit 3\n');
  const failed = await renew('--force', 'any.hook.example.org');
  expect(failed).toMatchObject({ code: 1, rows: ['acme.hook.failed'] });
  expect(JSON.stringify(failed.certificates)).toContain('no zone of ours');
  expect((await visit('any.hook.example.org')).status).toBe('200');
});

test('a partner whose name moves is followed there, and one whose key is another one there gets no call', async () => {
  const theirs = await openAuthority(join(folder, 'theirs'), 'Partner CA', new Date());
  const [here, there] = await Promise.all(
    ['server', 'visitor'].map(async (host) => {
      const { certificate, key } = await theirs.issue(['partner.example.org'], 30, new Date());
      const file = join(folder, `${host}.pem`);
      await writeFile(file, certificate + key);
      const program = `const pem = require('fs').readFileSync(process.argv[1]); require('https').createServer({ key: pem, cert: pem }, (_, answer) => answer.end('${host}')).listen(9443)`;
      const [node = '', ...argv] = lab.host(host).networkCommand([process.execPath, '-e', program, file]);
      return { certificate, child: spawn(node, argv, { stdio: 'ignore' }) };
    }),
  );
  try {
    await put('partner-ca.pem', theirs.root);
    await did('chmod', '644', '/etc/poterne/partner-ca.pem');
    const partner = (name: string, more = '') =>
      `  ${name}: { url: "https://partner.example.org:9443/", trust: { ca: /etc/poterne/partner-ca.pem }, callers: [127.0.0.1], paths: [/]${more} }\n`;
    const pin = pinOf(new X509Certificate(here?.certificate ?? ''));
    const more = `gateway: { partners: { listen: [127.0.0.1] } }\npartners:\n${partner('followed')}${partner('pinned', `, pins: ["sha256/${pin}"]`)}`;
    await describe(published('one.example.org'), { more });
    const call = async (name: string) =>
      (await inside('curl', '-s', '-m', '5', `http://127.0.0.1:8180/${name}/`)).stdout;
    await vi.waitFor(async () => expect(await call('pinned')).toBe('server'), 20_000);
    expect(await call('followed')).toBe('server');
    const moved = `server ${at.names}\nupdate delete partner.example.org A\nupdate add partner.example.org 1 A ${at.visitor}\nsend\n`;
    await did('sh', '-c', 'printf "$1" | nsupdate -y "hmac-sha256:poterne:$2"', 'sh', moved, secret);
    await vi.waitFor(async () => expect(await call('followed')).toBe('visitor'), {
      timeout: 90_000,
      interval: 1000,
    });
    expect(await call('pinned')).toContain('"error":"pin"');
    const { partners } = JSON.parse((await inside('poterne', 'status', '--json')).stdout);
    expect(partners).toMatchObject([
      { name: 'followed' },
      { name: 'pinned', pins: { open: false, seen: { code: 'seen.partner.pin' } }, refused: { why: 'pin' } },
    ]);
  } finally {
    here?.child.kill();
    there?.child.kill();
    await describe(both);
  }
}, 300_000);

test('the authority of a gateway is asked over ssh, with the description beside: certificates are issued, renewed and revoked', async () => {
  const key = (await did('cat', '/etc/ssh/ssh_host_ed25519_key.pub')).split(' ').slice(0, 2).join(' ');
  await writeFile(
    join(folder, 'site.yaml'),
    `site: internet
admin: { from: [203.0.113.0/24] }
hosts:
  gateway: { address: ${lab.host('gateway').address}, roles: [gateway], firewall: false, ssh: { user: debian, host-key: ${key} } }
services: { app: { url: "http://127.0.0.1:8069", healthy: { path: / } } }
publications: { one.example.org: { service: app, audience: everyone } }
`,
  );
  await writeFile(join(folder, 'alice.pass'), 'a long enough passphrase for alice\n', { mode: 0o600 });
  const poterne = new URL('../../../poterne', import.meta.url).pathname;
  const cert = async (...argv: string[]) => {
    const ran = run(poterne, ['cert', ...argv, '--json'], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, POTERNE_SSH_CONFIG: lab.sshConfig, POTERNE_LANG: 'en' },
    });
    const { stdout } = await ran.catch(({ stdout, stderr }) => {
      throw new Error(`${argv.join(' ')}: ${stdout}${stderr}`);
    });
    return JSON.parse(stdout);
  };
  const [first] = [await cert('issue', 'alice@example.org', '--for', 'client')];
  const pem = await readFile(join(folder, 'alice_example.org.pem'), 'utf8').catch(() =>
    readFile(join(folder, 'alice@example.org.pem'), 'utf8'),
  );
  // The key was made here, and only its certificate is known there.
  expect(await did('sh', '-c', 'cat /var/lib/poterne/authority/issued.jsonl')).toContain(first.serial);
  const standing = await cert('authority');
  expect(new X509Certificate(pem).issuer).toBe(standing.issuing.subject.replaceAll(', ', '\n'));
  const again = await cert(
    'issue',
    'alice@example.org',
    '--renew',
    '--format',
    'p12',
    '--passphrase-file',
    'alice.pass',
  );
  expect(again.serial).not.toBe(first.serial);
  expect(again.purpose).toBe('client');
  expect((await cert('revoke', first.serial, '--reason', 'superseded')).revoked).toMatchObject([
    { serial: first.serial },
  ]);
  const issued = (await cert('list', '--issued')) as { serial: string; revoked?: { reason: string } }[];
  const found = (serial: string) => issued.find((each) => each.serial === serial)?.revoked?.reason;
  expect([found(first.serial), found(again.serial)]).toEqual(['superseded', undefined]);
  const list = (await cert('list')) as { origin: string; for: string; lasting: string }[];
  expect(
    list.filter(({ origin }) => ['root', 'issuing'].includes(origin)).map(({ lasting }) => lasting),
  ).toEqual(['good', 'good']);
});

test('while the server is away, what was obtained serves on', async () => {
  await renew('--force', 'one.example.org');
  await pebble.stop();
  const refused = await renew('--force', 'one.example.org');
  expect(refused).toMatchObject({ code: 1, rows: ['acme.unreachable'] });
  expect((await visit('one.example.org')).status).toBe('200');
});
