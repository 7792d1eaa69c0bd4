/**
 * The example descriptions run for real, and each thing broken on purpose turns exactly the right promises red.
 * Breakages are done as an intruder would: by hand, in the active configuration, behind Poterne's back.
 */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quitEngine, runningMaster } from '../src/apply/engine-process.ts';
import { processes, sleep } from '../src/apply/processes.ts';
import { converge, type Gateway, type Intent, intend, openGateway, prove } from '../src/daemon/gateway.ts';
import { describe as readDescription } from '../src/describe/index.ts';
import nginx from '../src/engines/nginx/engine.ts';
import { freePorts } from '../src/lib/testing-ports.ts';
import type { Evidence } from '../src/model/evidence.ts';
import { adviceFor } from '../src/verify/index.ts';
import { type AppName, type RunningApps, startApps } from './apps.ts';

/** An example's files, by name, and the variables that move its application's ports. */
interface Example {
  readonly app: AppName;
  readonly files: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

const constellation: Example = {
  app: 'constellation',
  files: ['site.yaml', 'house.yaml'],
  variables: { 18088: 'CONSTELLATION_PORT', 18081: 'ZONEMINDER_PORT', 18082: 'JEEDOM_PORT' },
};
const openProd: Example = {
  app: 'open-prod',
  files: ['site.yaml', 'erp.yaml', 'service.yaml'],
  variables: { 18069: 'OPEN_PROD_PORT' },
};

/** The port that stands here for one of the descriptions'. */
const free = await freePorts(6);
const moved = [8080, 8443, 18088, 18081, 18082, 18069];
const portOf = (port: number | string) => free[moved.indexOf(Number(port))] ?? Number(port);

/** A gateway serving one example out of a temporary folder, with the application behind it. */
class House {
  readonly folder = mkdtempSync(join(tmpdir(), 'poterne-proofs-'));
  private readonly example: Example;
  private apps: RunningApps | undefined;
  private gateway: Gateway | undefined;
  private intent: Intent | undefined;

  constructor(example: Example) {
    this.example = example;
    // nginx's workers are another account, and must reach their sockets.
    chmodSync(this.folder, 0o755);
  }

  private get prefix(): string {
    return join(this.folder, 'state', 'nginx');
  }

  async start(): Promise<void> {
    await this.startApplication();
    this.gateway = await openGateway(join(this.folder, 'state'));
    await this.apply();
  }

  async startApplication(): Promise<void> {
    const { app, variables } = this.example;
    const environment = Object.fromEntries(
      Object.entries(variables).map(([port, variable]) => [variable, String(portOf(port))]),
    );
    this.apps = await startApps([app], { environment });
  }

  async stopApplication(): Promise<void> {
    await this.apps?.stop();
  }

  /** Has the gateway serve the example's description, with a change to its words. */
  async apply(edit: (yaml: string) => string = (yaml) => yaml): Promise<void> {
    const { app, files } = this.example;
    for (const file of files) {
      const text = readFileSync(new URL(`${app}/${file}`, import.meta.url), 'utf8');
      const here = text.replace(/\b(8080|8443|180\d\d)\b/g, (port) => String(portOf(port)));
      writeFileSync(join(this.folder, file), edit(here));
    }
    const { site, findings } = await readDescription(join(this.folder, 'site.yaml'));
    if (!site) throw new Error(`the example is refused: ${JSON.stringify(findings)}`);
    this.intent = await intend(this.required(), site);
    await converge(this.required(), this.intent, () => {});
  }

  /** What is seen of every promise, now. */
  async evidence(): Promise<readonly Evidence[]> {
    if (!this.intent) throw new Error('nothing was applied');
    return prove(this.required(), this.intent.plan.site, this.intent.plan.expectations);
  }

  /** Ids of the broken promises, sorted. */
  async broken(): Promise<string[]> {
    return (await this.evidence())
      .filter((e) => !e.held)
      .map((e) => e.expectation)
      .sort();
  }

  /** Ids of the promises, sorted. */
  promises(pattern = /./): string[] {
    return (this.intent?.plan.expectations ?? [])
      .map((e) => e.id)
      .filter((id) => pattern.test(id))
      .sort();
  }

  /** Replaces text of a file in the active generation and reloads; gives what puts it back. */
  async tamper(file: string, from: string | RegExp, to: string): Promise<() => Promise<void>> {
    const path = join(this.prefix, 'current', file);
    const text = readFileSync(path, 'utf8');
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${file} does not hold ${from}`);
    const put = async (content: string) => {
      writeFileSync(path, content);
      await this.reload();
    };
    await put(changed);
    return () => put(text);
  }

  /** A certificate file of Poterne's own authority, key included. */
  async certificate(names: readonly string[], days: number, since: Date): Promise<string> {
    const { certificate, key } = await this.required().authority.issue(names, days, since);
    return key + certificate;
  }

  stopGateway(): Promise<boolean> {
    return quitEngine(nginx, this.prefix);
  }

  async end(): Promise<void> {
    await this.stopGateway();
    await this.stopApplication();
    await this.gateway?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** As `nginx -s reload`, and waits until only new workers accept connections. */
  private async reload(): Promise<void> {
    const master = await runningMaster(nginx, this.prefix);
    if (!master) throw new Error('nginx is not running');
    const accepting = async () =>
      (await processes())
        .filter((p) => p.parent === master.pid && p.title === 'nginx: worker process')
        .map((p) => p.pid);
    const old = await accepting();
    process.kill(master.pid, 'SIGHUP');
    for (const until = Date.now() + 10_000; Date.now() < until; await sleep(20)) {
      const now = await accepting();
      if (now.length >= old.length && !now.some((pid) => old.includes(pid))) return sleep(50);
    }
    throw new Error(readFileSync(join(this.prefix, 'log', 'error.log'), 'utf8').slice(-1000));
  }

  private required(): Gateway {
    if (!this.gateway) throw new Error('the gateway is not open');
    return this.gateway;
  }
}

/** One thing broken by hand: what, in which file, from what, to what, and the promises that it must break. */
type Breakage = readonly [
  what: string,
  file: string,
  from: string | RegExp,
  to: string,
  broken: readonly string[],
];

/** Within one location of a file: from its name to what is meant. */
const inside = (location: string, text: string) => {
  const escaped = [`location ${location} {`, text].map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`(${escaped[0]}[^}]*?)${escaped[1]}`);
};

function breaks(house: () => House, breakages: readonly Breakage[]): void {
  test.each(breakages)('%s', async (_, file, from, to, broken) => {
    const mend = await house().tamper(file, from, to);
    try {
      expect(await house().broken()).toEqual([...broken].sort());
    } finally {
      await mend();
    }
    expect(await house().broken()).toEqual([]);
  });
}

describe('a house: several applications under one name', { timeout: 180_000 }, () => {
  const house = new House(constellation);
  const conf = 'publications/house_localhost.conf';
  beforeAll(() => house.start());
  afterAll(() => house.end());

  test('every promise holds, and they are these', async () => {
    expect(await house.broken()).toEqual([]);
    const about = (name: string) =>
      [
        ...['resolves', 'listens-http', 'listens-https', 'certificate', 'tls-versions'],
        ...['redirects', 'refuses-host', 'headers'],
      ].map((what) => `${name}#${what}`);
    expect(house.promises()).toEqual(
      [
        ...about('house.localhost'),
        'house.localhost/constellation/#answers',
        'house.localhost/constellation/#streams',
        'house.localhost/constellation/#echoes',
        'house.localhost/zm/#answers',
        'house.localhost/jeedom/#answers',
        ...about('camera.house.localhost'),
        'camera.house.localhost/#answers',
        'gateway#refuses-handshake',
        'gateway#refuses-handshake-nameless',
        'gateway#refuses-host-http',
      ].sort(),
    );
  });

  test('the applications stopped', async () => {
    await house.stopApplication();
    const evidence = (await house.evidence()).filter((e) => !e.held);
    expect(evidence.map((e) => e.expectation).sort()).toEqual(house.promises(/#(answers|streams|echoes)$/));
    expect(new Set(evidence.map((e) => e.seen.code))).toEqual(new Set(['seen.gateway.bad']));
    await house.startApplication();
    expect(await house.broken()).toEqual([]);
  });

  breaks(
    () => house,
    [
      [
        'one application gone from its place',
        conf,
        `server 127.0.0.1:${portOf(18081)} `,
        'server 127.0.0.1:1 ',
        ['house.localhost/zm/#answers'],
      ],
      [
        'a route led to another service',
        conf,
        inside('/zm/', 'proxy_pass http://house_localhost_service_2;'),
        '$1proxy_pass http://house_localhost_service_3;',
        ['house.localhost/zm/#answers'],
      ],
      [
        'a prefix no longer stripped',
        conf,
        'proxy_pass http://house_localhost_service_3/;',
        'proxy_pass http://house_localhost_service_3;',
        ['house.localhost/jeedom/#answers'],
      ],
      [
        'a prefix stripped that was kept',
        conf,
        inside('/constellation/', 'proxy_pass http://house_localhost_service_1;'),
        '$1proxy_pass http://house_localhost_service_1/;',
        ['house.localhost/constellation/#answers'],
      ],
      [
        'the event stream buffered',
        conf,
        inside('/constellation/rest/stream', 'proxy_buffering off;'),
        '$1proxy_buffering on;',
        ['house.localhost/constellation/#streams'],
      ],
      [
        'the Upgrade of a WebSocket not passed on',
        conf,
        inside('/constellation/socket', 'proxy_set_header Connection $poterne_connection;'),
        '$1proxy_set_header Connection "";',
        ['house.localhost/constellation/#echoes'],
      ],
      [
        'the redirect leading elsewhere',
        conf,
        `return 308 https://house.localhost:${portOf(8443)}$request_uri;`,
        'return 308 https://elsewhere.localhost$request_uri;',
        ['house.localhost#redirects'],
      ],
      [
        'the redirect forgetting the path',
        conf,
        `return 308 https://house.localhost:${portOf(8443)}$request_uri;`,
        `return 308 https://house.localhost:${portOf(8443)}/;`,
        ['house.localhost#redirects'],
      ],
      [
        'content over plain http',
        conf,
        `return 308 https://house.localhost:${portOf(8443)}$request_uri;`,
        'return 200 hello;',
        ['house.localhost#redirects'],
      ],
      [
        'a security header removed',
        conf,
        /add_header X-Content-Type-Options .*/,
        '',
        ['house.localhost#headers'],
      ],
      [
        'TLS 1.0 allowed',
        'nginx.conf',
        /ssl_protocols TLSv1.2 TLSv1.3;\s+ssl_ciphers[^;]*;/,
        'ssl_protocols TLSv1 TLSv1.2 TLSv1.3; ssl_ciphers DEFAULT:@SECLEVEL=0;',
        ['house.localhost#tls-versions', 'camera.house.localhost#tls-versions'],
      ],
      [
        'only TLS 1.1 allowed',
        'nginx.conf',
        /ssl_protocols TLSv1.2 TLSv1.3;\s+ssl_ciphers[^;]*;/,
        'ssl_protocols TLSv1.1 TLSv1.2; ssl_ciphers DEFAULT:@SECLEVEL=0;',
        ['house.localhost#tls-versions', 'camera.house.localhost#tls-versions'],
      ],
      [
        'a default server that shows a certificate',
        'nginx.conf',
        'ssl_reject_handshake on;',
        'ssl_certificate certificates/house_localhost.pem; ssl_certificate_key certificates/house_localhost.pem;',
        ['gateway#refuses-handshake', 'gateway#refuses-handshake-nameless'],
      ],
      [
        'a default server that answers over https',
        'nginx.conf',
        /(ssl_reject_handshake on;[^}]*?)return 444;/,
        '$1return 200 hello;',
        ['house.localhost#refuses-host', 'camera.house.localhost#refuses-host'],
      ],
      [
        'a default server that answers over http',
        'nginx.conf',
        /(listen \S+ default_server;\s+)return 444;/,
        '$1return 200 hello;',
        ['gateway#refuses-host-http'],
      ],
      [
        'no default server, so that the first publication answers for every name',
        'nginx.conf',
        /server \{\s+listen \S+ default_server;[\s\S]*?(?=\n\s+# Which configuration)/,
        '',
        ['gateway#refuses-handshake', 'gateway#refuses-handshake-nameless', 'gateway#refuses-host-http'],
      ],
      [
        'everybody shut out',
        conf,
        /(listen \S+ ssl(?: http2)?;)/,
        '$1 deny all;',
        [
          'house.localhost/constellation/#answers',
          'house.localhost/constellation/#streams',
          'house.localhost/constellation/#echoes',
          'house.localhost/zm/#answers',
          'house.localhost/jeedom/#answers',
        ],
      ],
    ],
  );

  test('applying again mends what was changed by hand', async () => {
    await house.tamper(conf, /add_header X-Content-Type-Options .*/, '');
    await house.apply();
    expect(await house.broken()).toEqual([]);
  });

  test('the gateway stopped', async () => {
    await house.stopGateway();
    const evidence = await house.evidence();
    expect(evidence.filter((e) => e.held).map((e) => e.expectation)).toEqual([]);
    for (const { expectation, seen } of evidence) {
      expect([expectation, seen.code]).toEqual([expectation, 'seen.refused']);
      expect(adviceFor(seen)?.code).toBe('advice.refused');
    }
    await house.apply();
    expect(await house.broken()).toEqual([]);
  });
});

describe('an ERP: one application, for some networks only', { timeout: 180_000 }, () => {
  const house = new House(openProd);
  const conf = 'publications/erp_localhost.conf';
  const answers = [
    'erp.localhost/#answers',
    'erp.localhost/web/attachments/#answers',
    'erp.localhost/web/login#answers',
  ];
  beforeAll(() => house.start());
  afterAll(() => house.end());

  test('every promise holds', async () => {
    expect(house.promises(/#answers$/)).toEqual(answers);
    expect(await house.broken()).toEqual([]);
  });

  test('the application stopped', async () => {
    await house.stopApplication();
    expect(await house.broken()).toEqual(answers);
    await house.startApplication();
    expect(await house.broken()).toEqual([]);
  });

  const day = 86_400_000;
  test.each([
    ['for another name', ['elsewhere.erp.localhost'], 90, 0, 'seen.certificate.name'],
    ['expired', ['erp.localhost'], 10, -20, 'seen.certificate.expired'],
    ['about to expire', ['erp.localhost'], 13, 0, 'seen.certificate.soon'],
    ['not valid yet', ['erp.localhost'], 90, 2, 'seen.certificate.future'],
  ])('a certificate %s', async (_, names, days, since, seen) => {
    const pem = await house.certificate(names, days, new Date(Date.now() + since * day));
    const mend = await house.tamper('certificates/erp_localhost.pem', /[\s\S]*/, pem);
    try {
      const broken = (await house.evidence()).filter((e) => !e.held);
      expect(broken.map((e) => [e.expectation, e.seen.code])).toEqual([['erp.localhost#certificate', seen]]);
    } finally {
      await mend();
    }
    expect(await house.broken()).toEqual([]);
  });

  breaks(
    () => house,
    [
      [
        'a security header weakened',
        conf,
        'add_header X-Frame-Options DENY always;',
        'add_header X-Frame-Options SAMEORIGIN always;',
        ['erp.localhost#headers'],
      ],
      ['the audience closed', conf, 'allow 127.0.0.0/8;', '', answers],
      ['one path closed', conf, inside('/web/login', 'allow all;'), '$1deny all;', [answers[2] ?? '']],
    ],
  );

  test('made to block, its firewall refuses an attack, and one that was turned off is seen', async () => {
    await house.apply((yaml) => yaml.replace('mode: observe', 'mode: block'));
    expect(house.promises(/#waf$/)).toEqual(['erp.localhost#waf']);
    expect(await house.broken()).toEqual([]);
    const mend = await house.tamper(conf, 'modsecurity on;', 'modsecurity off;');
    expect(await house.broken()).toEqual(['erp.localhost#waf']);
    await mend();
    await house.apply();
    expect(await house.broken()).toEqual([]);
  });

  test('an audience without this machine promises 403 here, and opening it by hand is seen', async () => {
    await house.apply((yaml) => yaml.replace('from: [workstation]', 'from: [192.0.2.0/24]'));
    const evidence = await house.evidence();
    expect(evidence.filter((e) => !e.held)).toEqual([]);
    const refused = evidence.filter((e) => e.seen.code === 'seen.outside.refused');
    expect(refused.map((e) => e.expectation).sort()).toEqual(answers);

    const mend = await house.tamper(conf, 'deny all;', '');
    expect(await house.broken()).toEqual(answers);
    await mend();
    expect(await house.broken()).toEqual([]);
    const past = '$1proxy_pass http://erp_localhost_service_1;';
    const opened = await house.tamper(conf, inside('/web/login', 'try_files /nothing @looked_2_1;'), past);
    expect(await house.broken()).toEqual(['erp.localhost/web/login#answers']);
    await opened();
    await house.apply();
    expect(await house.broken()).toEqual([]);
  });
});
