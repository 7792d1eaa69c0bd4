import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tls from 'node:tls';
import { freePort } from '../../lib/testing-ports.ts';
import { publication, route, service, site } from './testing.ts';
import { type Client, type ClientAuthority, clientAuthority, configuration } from './testing-clients.ts';
import {
  type Ask,
  type Backend,
  backend,
  openFolder,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';

/** A gateway whose names and paths ask for client certificates, each in another way; and who comes with which. */

export const authority = await testAuthority('Test CA');
export const files = await openFolder();
export const right = await clientAuthority('CN=Partner Root');
export const middle = await right.under('CN=Partner Issuing');
export const impostor = await clientAuthority('CN=Partner Root');
export const other = await clientAuthority('CN=Other Root');

export const alice = await right.client({ names: [{ type: 'dns', value: 'alice.partner.example' }] });
export const revoked = await right.client({ subject: 'CN=revoked' });
const below = await middle.client({ subject: 'CN=below' });
export const chained: Client = { ...below, cert: below.cert + middle.pem };
export const ocspPort = await freePort();
export const bob = await other.client({ subject: 'CN=bob' });

export let app: Backend;
export let gateway: RunningGateway;

/** A TLS configuration that believes these authorities. */
export const of = async (name: string, authorities: readonly ClientAuthority[], more: object = {}) =>
  configuration(
    files,
    name,
    authorities.map(({ pem }) => pem),
    more,
  );

export async function begin(): Promise<void> {
  await chmod(files, 0o755);
  app = await backend('app');
  const lists = [await right.list([revoked.serial])];
  const both = [...lists, await middle.list()];
  const configurations = [
    await of('partners', [right], { lists: both }),
    await of('short', [right, middle], { lists: both, depth: 1 }),
    await of('listless', [right], { lists }),
    await of('ended', [right], { lists: [await right.list([], -1), await middle.list()] }),
    await of('others', [other], { client: 'optional', identity: 'common-name' }),
    await of('asked', [right], { ocsp: { responder: 'http://127.0.0.1:9/', whole: false, pointer: '' } }),
    await of('dns', [right], { identity: 'san-dns' }),
    await of('email', [right], { identity: 'san-email', client: 'optional' }),
    await of('uri', [right], { identity: 'san-uri' }),
    await of('ocsp', [right], {
      ocsp: { responder: `http://127.0.0.1:${ocspPort}/`, whole: true, pointer: '' },
    }),
    await of('renamed', [right], { headers: { identity: 'X-Who', certificate: 'X-Pem' } }),
  ];
  await writeFile(join(files, 'right.pem'), right.pem);
  await writeFile(join(files, 'right.key'), await right.key());
  const guarded = (path: string) => ({ ...route(path, 'app'), tlsConfiguration: 'partners' });
  gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url)],
        [
          publication('open.localhost', 'app'),
          publication('api.localhost', 'app', { tlsConfiguration: 'partners' }),
          publication('short.localhost', 'app', { tlsConfiguration: 'short' }),
          publication('listless.localhost', 'app', { tlsConfiguration: 'listless' }),
          publication('ended.localhost', 'app', { tlsConfiguration: 'ended' }),
          publication('others.localhost', 'app', { tlsConfiguration: 'others' }),
          publication('asked.localhost', 'app', { tlsConfiguration: 'asked' }),
          publication('dns.localhost', 'app', { tlsConfiguration: 'dns' }),
          publication('email.localhost', 'app', { tlsConfiguration: 'email' }),
          publication('ocsp.localhost', 'app', { tlsConfiguration: 'ocsp' }),
          publication('uri.localhost', 'app', { tlsConfiguration: 'uri' }),
          publication('renamed.localhost', 'app', { tlsConfiguration: 'renamed' }),
          publication('*.wild.localhost', 'app', { tlsConfiguration: 'partners' }),
          publication('~^app[0-9]+\\.localhost$', 'app', {
            tlsConfiguration: 'partners',
            example: 'app1.localhost',
          }),
          publication('away.localhost', 'app', {
            tlsConfiguration: 'partners',
            audience: { from: ['192.0.2.0/24'], networks: ['192.0.2.0/24'], pointer: '' },
          }),
          publication('paths.localhost', [
            route('/open/', 'app'),
            guarded('/secret/'),
            route('/secret/public/', 'app'),
            guarded('>/strip/'),
            route('~ \\.png$', 'app'),
            guarded('~ ^/v[0-9]+/admin'),
            route('~ ^/v1/', 'app'),
          ]),
          publication('whole.localhost', [route('/', 'app'), guarded('/admin/'), guarded('~ ^/v1/keys$')]),
          publication('far.localhost', [guarded('/secret/'), route('/open/', 'app')], {
            audience: { from: ['192.0.2.0/24'], networks: ['192.0.2.0/24'], pointer: '' },
          }),
        ],
        ports,
      ),
      tlsConfigurations: configurations,
    }),
    authority,
  );
}

export async function end(): Promise<void> {
  await gateway?.stop();
  app?.close();
}

export const status = async (host: string, client?: Client, path = '/', more: Ask = {}) =>
  (await gateway.get(host, path, { ...more, ...(client ? { client } : {}) })).status;

/** One connection under a TLS name, and what comes back for these bytes. */
export async function raw(
  sni: string | undefined,
  text: string,
  client?: Client,
  more: tls.ConnectionOptions = {},
) {
  const socket = connect(sni, client, more);
  await once(socket, 'secureConnect');
  socket.write(text);
  let answer = '';
  try {
    for await (const chunk of socket) answer += chunk;
  } catch (error) {
    // Closed without a word.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
  return answer;
}

/** A TLS connection under this name, or none. */
export function connect(sni: string | undefined, client?: Client, more: tls.ConnectionOptions = {}) {
  return tls.connect({
    host: '127.0.0.1',
    port: gateway.site.gateway.httpsPort,
    ...(sni === undefined ? {} : { servername: sni }),
    ca: authority.pem,
    checkServerIdentity: () => undefined,
    ...(client ? { cert: client.cert, key: client.key } : {}),
    ...more,
  });
}
