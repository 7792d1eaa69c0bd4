import { type AcmeCertificate, letsEncrypt } from '../../model/acme-site.ts';
import type { Facts } from '../../model/facts.ts';
import type { Site, Tls } from '../../model/site.ts';
import { directPublication, facts, partner, publication, route, service, site, upstream } from './testing.ts';
import { guarded, rule, signIn } from './testing-gate.ts';
import { waf } from './testing-waf.ts';

/** A situation for the golden files, by name. */
export interface Situation {
  readonly site: Site;
  readonly facts: Facts;
}

const erp = service('open-prod', 'http://10.0.0.15:8069', {
  title: 'ERP',
  healthy: { path: '/web/login', status: 200, contains: 'Open-Prod' },
  events: ['/rest/stream'],
  websocket: { path: '/ws', send: 'ping', contains: 'ping' },
});

const of = (s: Site, more: Partial<Facts> = {}): Situation => ({ site: s, facts: facts(more) });

const overAcme = (certificate: string, names: readonly string[]): Tls => ({
  kind: 'acme',
  certificate,
  names,
  pointer: `/publications/${names[0]}/tls`,
});

const wanted = (
  id: string,
  names: readonly string[],
  challenge: AcmeCertificate['challenge'] = 'http',
): AcmeCertificate => ({
  id,
  names,
  challenge,
  keyType: 'ecdsa-p256',
  pointer: `/publications/${names[0]}/tls`,
});

/** What the golden files show. */
export const situations: Readonly<Record<string, Situation>> = {
  simple: of(site([erp], [publication('erp.example.fr', 'open-prod')])),
  paths: of(
    site(
      [
        erp,
        service('jeedom', 'http://jeedom.lan:8080', {
          events: ['/live'],
          websocket: { path: '/ws', send: 'a', contains: 'a' },
        }),
        service('api', 'http://[fd00::7]:3000', { events: ['/api/v1/tail'] }),
      ],
      [
        publication('house.example.fr', [
          route('/rest/', 'open-prod'),
          route('>/jeedom/', 'jeedom'),
          route('~^/api/v[0-9]{1,3}/(?<id>\\d+)', 'api'),
          route('/upload/', 'open-prod', { uploads: 10e9, limits: { requests: { count: 1, per: 's' } } }),
        ]),
      ],
      { httpPort: 8080, httpsPort: 8443 },
    ),
    { addresses: { 'jeedom.lan': ['10.0.0.20', 'fd00::20'] } },
  ),
  waf: of(
    site(
      [service('app', 'http://10.0.0.1', { events: ['/live/'] }), service('plain', 'http://10.0.0.2')],
      [
        publication('erp.example.fr', 'app', {
          scenario: 'proxy+waf',
          waf: waf({
            paranoia: 2,
            responseBody: 100_000,
            methods: ['PUT'],
            applications: ['nextcloud'],
            skip: ['/static/', '/health'],
            exclusions: [
              { rule: 942100, path: '/search', target: 'ARGS:q', why: 'SQL', pointer: '/waf/exclusions/0' },
              { rule: 920420, path: '/été/', why: 'odd types', pointer: '/waf/exclusions/1' },
            ],
          }),
        }),
        publication('plain.example.fr', 'plain'),
      ],
    ),
    {
      waf: {
        module: true,
        rules: {
          folder: '/usr/share/modsecurity-crs',
          version: '3.3.4',
          sha256: '0',
          files: ['REQUEST-901-INITIALIZATION', 'REQUEST-903.9003-NEXTCLOUD-EXCLUSION-RULES'].map((name) => ({
            name: `rules/${name}.conf`,
            sha256: '0',
          })),
        },
      },
    },
  ),
  wildcard: of(
    site([erp], [publication('*.apps.example.fr', 'open-prod', { example: 'one.apps.example.fr' })]),
  ),
  regex: of(
    site(
      [erp],
      [
        publication('~^app(?<n>[0-9]{1,2})\\.example\\.fr$', 'open-prod', {
          example: 'app1.example.fr',
          tls: { kind: 'internal', names: ['*.example.fr'], pointer: '/publications/app/tls' },
        }),
      ],
    ),
  ),
  'https-upstream': of(
    site(
      [
        service('mail', ['https://mail.lan', 'https://10.0.0.9:8443'], {
          trust: { ca: '/etc/poterne/ca.pem', name: 'mail.lan' },
          nginx: { 'host-header': 'upstream', 'keep-alive': 0, timeouts: { connect: 2500, read: 300_000 } },
        }),
      ],
      [
        publication('mail.example.fr', 'mail', {
          tls: {
            kind: 'files',
            certificate: '/etc/ssl/mail.pem',
            key: '/etc/ssl/mail.key',
            pointer: '/publications/mail.example.fr/tls',
          },
        }),
      ],
    ),
  ),
  upstreams: of(
    site(
      [
        service('socket', 'unix:/run/app server/app.sock'),
        service(
          'farm',
          [
            upstream('http://10.0.0.15:8069', { weight: 3 }),
            upstream('http://10.0.0.16:8069'),
            upstream('http://gone.lan:8069', { backup: true }),
          ],
          { nginx: { 'host-header': 'farm.lan', failover: { attempts: 2, within: 30_000 } } },
        ),
      ],
      [publication('farm.example.fr', [route('/', 'farm'), route('/app/', 'socket')])],
    ),
  ),
  limits: of(
    site(
      [erp],
      [
        publication('erp.example.fr', 'open-prod', {
          nginx: {
            limits: { requests: { count: 20, per: 's' }, burst: 40, connections: 50 },
            uploads: 2e9,
            compression: false,
            headers: { hsts: false, frame: 'deny', nosniff: true, add: { 'X-Team': 'DSI $$ "é"' } },
          },
        }),
      ],
    ),
  ),
  fronts: of(
    site([erp], [publication('erp.example.fr', 'open-prod')], {
      listen: ['127.0.0.1', '::1'],
      httpsPort: 8443,
      publicPort: 443,
      trustedFronts: ['10.0.20.5/32', 'fd00::/64'],
    }),
  ),
  guarded: of(
    {
      ...site(
        [erp],
        [
          publication('erp.example.fr', 'open-prod', {
            audience: guarded(
              rule({ paths: ['/rfe/', '/café/'] }),
              rule({ verdict: 'deny', paths: ['/rfe/admin/'] }),
            ),
          }),
          publication('crm.example.fr', [route('/', 'open-prod'), route('>/old/', 'open-prod')], {
            audience: guarded(),
          }),
          publication('signed.example.fr', 'open-prod', { audience: guarded(), signedIdentity: true }),
          publication('open.example.fr', 'open-prod'),
        ],
        { httpsPort: 8443 },
      ),
      signIn: signIn('sign-in.example.fr'),
    },
    {},
  ),
  'proxy-protocol': of(
    site([erp], [publication('erp.example.fr', 'open-prod')], {
      trustedFronts: ['10.0.20.5/32'],
      proxyProtocol: true,
    }),
  ),
  acme: of(
    {
      ...site(
        [erp],
        [
          publication('erp.example.fr', 'open-prod', { tls: overAcme('erp_example_fr', ['erp.example.fr']) }),
          publication('new.example.fr', 'open-prod', { tls: overAcme('new', ['new.example.fr']) }),
          publication('plain.example.fr', 'open-prod'),
          publication('*.apps.example.fr', 'open-prod', { tls: overAcme('apps', ['*.apps.example.fr']) }),
          publication('~^app[0-9]\\.example\\.fr$', 'open-prod', {
            example: 'app1.example.fr',
            tls: overAcme('shared-group', ['app1.example.fr', 'app2.example.fr']),
          }),
        ],
      ),
      acme: {
        authority: {
          directory: letsEncrypt.directory,
          contact: [],
          termsAgreed: true,
          pointer: '/acme',
        },
        staging: letsEncrypt.staging,
        certificates: [
          wanted('erp_example_fr', ['erp.example.fr']),
          wanted('new', ['new.example.fr']),
          wanted('apps', ['*.apps.example.fr'], 'dns'),
          wanted('shared-group', ['app1.example.fr', 'app2.example.fr', 'www.example.fr']),
        ],
        pointer: '/acme',
      },
    },
    {
      acme: {
        thumbprint: 'LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ',
        present: ['erp_example_fr', 'apps'],
      },
    },
  ),
  'nginx-1.26': of(site([erp], [publication('erp.example.fr', 'open-prod')]), {
    versions: { nginx: '1.26.3' },
  }),
  direct: of(
    site(
      [
        erp,
        service('mail', [
          upstream('tcp://10.0.0.25:993', { weight: 2 }),
          'tcp://10.0.0.26:993',
          upstream('tcp://[fd00::27]:993', { backup: true }),
        ]),
        service('vault', 'https://vault.lan:8200', {
          healthy: { path: '/health', status: 200 },
          nginx: { timeouts: { connect: 2000, read: 600_000 }, failover: { attempts: 1 } },
        }),
      ],
      [
        publication('erp.example.fr', 'open-prod', { nginx: { limits: { upload: 2e6 } } }),
        publication('~^app[0-9]+\\.example\\.fr$', 'open-prod', {
          example: 'app1.example.fr',
          tls: { kind: 'internal', names: ['*.example.fr'], pointer: '/publications/app/tls' },
        }),
        directPublication('mail.example.fr', 'mail', {
          nginx: { limits: { connections: 20, upload: 1e6 } },
        }),
        directPublication('*.vault.example.fr', 'vault', {
          example: 'a.vault.example.fr',
          audience: {
            from: ['lan'],
            networks: ['10.0.0.0/24', 'fd00:1::/64'],
            pointer: '/publications/vault/audience',
          },
        }),
        directPublication('~^v[0-9]{1,2}(?<n>x)\\.Example\\.fr$', 'vault', { example: 'v1x.example.fr' }),
        directPublication('ssh.example.fr', 'mail', { port: 2222 }),
      ],
    ),
    { addresses: { 'vault.lan': ['10.0.0.30'] } },
  ),
  'direct-fronts': of(
    site([service('mail', 'tcp://10.0.0.25:993')], [directPublication('mail.example.fr', 'mail')], {
      listen: ['10.0.20.2', 'fd00::2'],
      httpsPort: 8443,
      publicPort: 443,
      trustedFronts: ['10.0.20.5/32'],
      proxyProtocol: true,
    }),
    { versions: { nginx: '1.26.3' } },
  ),
  audience: of(
    site(
      [erp],
      [
        publication('erp.example.fr', 'open-prod', {
          audience: {
            from: ['lan', '192.0.2.0/24'],
            networks: ['10.0.0.0/24', 'fd00:1::/64', '192.0.2.0/24'],
            pointer: '/publications/erp.example.fr/audience',
          },
        }),
      ],
    ),
  ),
  clients: of({
    ...site(
      [service('iris', 'http://10.0.0.20:52773'), erp],
      [
        publication('api.example.fr', 'iris', { tlsConfiguration: 'partners' }),
        publication(
          'www.example.fr',
          [
            route('/', 'open-prod'),
            { ...route('/rfe/', 'iris'), tlsConfiguration: 'people' },
            route('/rfe/help/', 'open-prod'),
            route('~ \\.png$', 'open-prod'),
            { ...route('~ ^/v[0-9]+/', 'iris'), tlsConfiguration: 'people' },
          ],
          {
            audience: {
              from: ['lan'],
              networks: ['10.0.0.0/24'],
              pointer: '/publications/www.example.fr/audience',
            },
          },
        ),
        publication('open.example.fr', 'iris'),
      ],
    ),
    tlsConfigurations: [
      {
        kind: 'server',
        name: 'partners',
        client: 'required',
        authorities: [
          { kind: 'file', file: '/etc/pki/partner.pem', pointer: '/tls-configurations/partners' },
        ],
        depth: 1,
        crls: [],
        ocsp: {
          responder: 'http://ocsp.example/',
          whole: true,
          pointer: '/tls-configurations/partners/ocsp',
        },
        identity: 'san-dns',
        headers: {
          verified: 'X-Client-Verified',
          identity: 'X-Partner',
          certificate: 'X-Client-Certificate',
        },
        probe: { right: { certificate: '/etc/pki/probe.pem', key: '/etc/pki/probe.key', pointer: '' } },
        pointer: '/tls-configurations/partners',
      },
      {
        kind: 'server',
        name: 'people',
        client: 'required',
        authorities: [{ kind: 'internal', pointer: '/tls-configurations/people/authorities/0' }],
        depth: 2,
        crls: [],
        identity: 'common-name',
        headers: { verified: 'X-Client-Verified', identity: 'X-Client-Identity' },
        pointer: '/tls-configurations/people',
      },
    ],
  }),
  partners: of(
    site(
      [],
      [],
      {
        trustedFronts: ['10.0.20.5/32'],
        partners: { listen: ['10.0.0.1'], port: 8180, pointer: '/gateway/partners' },
      },
      [
        partner('api', 'https://api.example:8443/v1/', {
          tls: {
            kind: 'client',
            name: 'to-api',
            shows: {
              kind: 'files',
              certificate: '/etc/poterne/client.pem',
              key: '/etc/poterne/client.key',
              passphrase: { file: '/etc/poterne/secret', pointer: '/tls-configurations/to-api/passphrase' },
            },
            pointer: '/tls-configurations/to-api',
          },
          paths: [
            { path: '/endpoint', pointer: '/partners/api/paths/0' },
            { path: '/files é/', pointer: '/partners/api/paths/1' },
          ],
          socket: '/run/app/api.sock',
        }),
        partner('gone', 'https://gone.example/', {
          trust: { ca: '/etc/poterne/ca.pem', name: 'gone.example' },
        }),
      ],
    ),
    { addresses: { 'api.example': ['192.0.2.7', '2001:db8::7'] }, versions: { nginx: '1.26.3' } },
  ),
};
