import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SharedStore } from '../../model/store.ts';

const run = promisify(execFile);

/** A real PostgreSQL server of a test's own, without any network: on a unix socket in a temporary folder. */
export interface Postgres {
  readonly place: SharedStore;
  start(): Promise<void>;
  /** From the next start on: also on a port of 127.0.0.1, by password, over TLS if it has a certificate. */
  listen(
    port: number,
    password: string,
    tls?: { readonly cert: string; readonly key: string },
  ): Promise<void>;
  /** As a power cut would. */
  stop(): Promise<void>;
  /** Another database, empty. */
  database(name: string): Promise<SharedStore>;
  sql(text: string): Promise<string>;
  end(): Promise<void>;
}

const versions = '/usr/lib/postgresql';

/** Whether Debian's PostgreSQL is here. */
export const hasPostgres = existsSync(versions) && readdirSync(versions).length > 0;

/** Makes a server and starts it, as an account without rights: it refuses to be root's. */
export async function startPostgres(): Promise<Postgres> {
  const version = readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0] as string;
  const program = (name: string) => join(versions, version, 'bin', name);
  const folder = await mkdtemp(join(tmpdir(), 'poterne-pg-'));
  const isRoot = process.getuid?.() === 0;
  const { stdout: uid } = isRoot ? await run('id', ['-u', 'postgres']) : { stdout: '' };
  const { stdout: gid } = isRoot ? await run('id', ['-g', 'postgres']) : { stdout: '' };
  const as = isRoot
    ? ['setpriv', `--reuid=${uid.trim()}`, `--regid=${gid.trim()}`, '--clear-groups', '--']
    : [];
  if (isRoot) await chown(folder, Number(uid), Number(gid));
  const does = async (...argv: readonly string[]) => {
    const [name = '', ...rest] = [...as, ...argv];
    return (await run(name, rest, { cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C' } })).stdout;
  };
  const data = join(folder, 'data');
  await does(
    program('initdb'),
    '-D',
    data,
    '-U',
    'poterne',
    '--auth=trust',
    '--no-sync',
    '--encoding=UTF8',
    '--locale=C',
  );
  const place = (database: string): SharedStore => ({
    ...{ host: folder, port: 5432, database, user: 'poterne', pointer: '/store/postgres' },
  });
  let options = `-k ${folder} -c listen_addresses= -c fsync=off -c max_connections=40`;
  const sql = (text: string) => does('psql', '-h', folder, '-U', 'poterne', '-qAt', '-c', text, 'postgres');
  const server: Postgres = {
    place: place('postgres'),
    start: async () => {
      await does(program('pg_ctl'), '-D', data, '-l', join(folder, 'log'), '-o', options, '-w', 'start');
    },
    listen: async (port, password, tls) => {
      await sql(`alter role poterne password '${password}'`);
      const hba = ['local all all trust', `host${tls ? 'ssl' : 'nossl'} all all 127.0.0.1/32 scram-sha-256`];
      await writeFile(join(data, 'pg_hba.conf'), `${hba.join('\n')}\n`);
      const ssl = tls
        ? ['-c ssl=on', '-c ssl_cert_file=server.crt', '-c ssl_key_file=server.key']
        : ['-c ssl=off'];
      options = `-k ${folder} -c listen_addresses=127.0.0.1 -p ${port} -c fsync=off ${ssl.join(' ')}`;
      for (const [name, text] of tls
        ? [['server.crt', tls.cert] as const, ['server.key', tls.key] as const]
        : []) {
        await writeFile(join(data, name), text, { mode: 0o600 });
        if (isRoot) await chown(join(data, name), Number(uid), Number(gid));
      }
    },
    stop: async () => {
      await does(program('pg_ctl'), '-D', data, '-m', 'immediate', '-w', 'stop');
    },
    database: async (name) => {
      await sql(`create database ${name}`);
      return place(name);
    },
    sql,
    end: async () => {
      await server.stop().catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}
