import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { Fault } from '../model/fault.ts';
import { type Message, message } from '../model/message.ts';
import type { SharedStore } from '../model/store.ts';
import type { Tables } from './schema.ts';

/** Milliseconds for a connection to stand, and for a statement to be done: beyond, the server is not there. */
const patience = { connect: 5000, statement: 10_000 };

/**
 * The PostgreSQL database that gateways share: over TLS with a verified certificate, or by a unix socket of this machine. `password`
 * is asked for at each connection. What the server says of itself and of us comes as `store.*` faults.
 */
export async function openPostgres(
  shared: SharedStore,
  password: (() => Promise<string>) | undefined,
): Promise<Kysely<Tables>> {
  const { host, port, database, user, ca, pointer } = shared;
  const fault = faultsOf(shared);
  const authority =
    ca === undefined
      ? undefined
      : await readFile(ca, 'utf8').catch((cause: NodeJS.ErrnoException) => {
          const params = { file: ca, reason: cause.code ?? cause.message };
          throw new Fault('store.ca', params, { cause, pointer: `${pointer}/ca` });
        });
  const pool = new pg.Pool({
    ...{ host, port, database, user, max: 4, application_name: 'poterne' },
    ...(password ? { password } : {}),
    ssl: isAbsolute(host)
      ? false
      : { minVersion: 'TLSv1.2', ...(authority === undefined ? {} : { ca: authority }) },
    connectionTimeoutMillis: patience.connect,
    statement_timeout: patience.statement,
    query_timeout: patience.statement + 5000,
    keepAlive: true,
  });
  // A connection that nobody uses died: the next one that is asked for is new.
  pool.on('error', () => undefined);
  const wrapped = new WeakMap<pg.PoolClient, pg.PoolClient>();
  const connect = async () => {
    const client = await pool.connect().catch((error: unknown) => {
      throw fault(error) ?? error;
    });
    const known = wrapped.get(client);
    if (known) return known;
    client.on('error', () => undefined);
    let isBroken = false;
    const made = {
      query: async (text: string, values: unknown[]) => {
        try {
          return await client.query(text, values);
        } catch (error) {
          const found = fault(error);
          if (!found) throw error;
          isBroken = true;
          throw found;
        }
      },
      release: () => client.release(isBroken),
    } as unknown as pg.PoolClient;
    wrapped.set(client, made);
    return made;
  };
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: { connect, end: () => pool.end() } as never }),
  });
}

/** Errors of the network and of the server as faults; `undefined` for what is a defect of ours. */
function faultsOf({
  host,
  port,
  user,
  database,
  pointer,
}: SharedStore): (error: unknown) => Fault | undefined {
  return (error) => {
    if (error instanceof Fault) return error;
    const { code = '', message: reason = String(error) } = error as { code?: string; message?: string };
    const params = { server: isAbsolute(host) ? host : `${host}:${port}`, user, database, reason };
    const made = (kind: 'store.unreachable' | 'store.tls' | 'store.login' | 'store.database') => {
      const next: Message = message(`${kind}.next`, params);
      return new Fault(kind, params, { cause: error, next, pointer });
    };
    if (/^28/.test(code)) return made('store.login');
    if (code === '3D000') return made('store.database');
    if (
      /^(?:CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS|ERR_SSL)/.test(code) ||
      /does not support SSL/.test(reason)
    )
      return made('store.tls');
    const isAway =
      /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOST|ENET|ENOENT|EACCES|08|57P)/.test(code) ||
      /Connection terminated|timeout|Query read timeout|not queryable|client has encountered/i.test(reason);
    return isAway ? made('store.unreachable') : undefined;
  };
}
