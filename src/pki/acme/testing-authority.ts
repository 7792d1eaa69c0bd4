import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuthority } from '../authority/authority.ts';

/** What a stand-in answers with. */
export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A request as the stand-in got it. */
export interface Received {
  readonly path: string;
  readonly payload: unknown;
}

/**
 * Stands in for what Debian's Pebble (2.4) does not do: advice on renewal, profiles, limits, CAA identities, refusals on demand. It answers as
 * the script says, gives nonces, and looks at no signature: all that Pebble does is tested with Pebble.
 */
export interface StandIn {
  readonly directory: string;
  readonly trust: string;
  readonly url: (path: string) => string;
  readonly received: Received[];
  /** By path; `undefined` is a 404. */
  script: Record<string, (payload: unknown, count: number) => Scripted | undefined>;
  stop(): Promise<void>;
}

/** One for all stand-ins of a process: signing takes longer than the tests do. */
let identity: ReturnType<typeof makeIdentity> | undefined;

async function makeIdentity(folder: string) {
  const authority = await openAuthority(join(folder, 'authority'), 'Stand-in', new Date());
  return { root: authority.root, ...(await authority.issue(['localhost'], 30, new Date())) };
}

export async function startStandIn(more: { meta?: unknown; renewalInfo?: boolean } = {}): Promise<StandIn> {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-stand-in-'));
  identity ??= makeIdentity(folder);
  const { root, certificate, key } = await identity;
  const trust = join(folder, 'trust.pem');
  await writeFile(trust, root);
  const received: Received[] = [];
  let nonce = 0;
  const server = createServer({ cert: certificate, key }, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = request.url ?? '';
      const text = Buffer.concat(parts).toString();
      const encoded = text === '' ? '' : (JSON.parse(text) as { payload: string }).payload;
      const payload = encoded === '' ? undefined : JSON.parse(Buffer.from(encoded, 'base64url').toString());
      received.push({ path, payload });
      const count = received.filter((each) => each.path === path).length;
      const { status = 200, headers = {}, body = '' } = own.script[path]?.(payload, count) ?? { status: 404 };
      response.writeHead(status, { 'replay-nonce': `n${nonce++}`, ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const url = (path: string) => `https://localhost:${port}${path}`;
  const own: StandIn = {
    ...{ directory: url('/dir'), trust, url, received },
    script: {
      '/dir': () => ({
        body: {
          ...{ newNonce: url('/nonce'), newAccount: url('/account'), newOrder: url('/order') },
          ...(more.renewalInfo ? { renewalInfo: url('/info') } : {}),
          meta: more.meta ?? {},
        },
      }),
      '/nonce': () => ({}),
      '/account': () => ({ status: 201, headers: { location: url('/account/1') }, body: {} }),
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return own;
}
