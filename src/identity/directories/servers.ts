import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { LdapDirectory } from '../../model/sign-in.ts';
import { readSecret } from '../../secrets/read.ts';
import { Answered, bindFault, serverFault } from './faults.ts';
import { type BindAnswer, LdapConnection } from './ldap-connection.ts';
import { Silent } from './secure-socket.ts';
import { type LdapServer, urlOf } from './server.ts';
import { trustOf } from './trust.ts';

/** How long is waited for what, in milliseconds. */
export interface Patience {
  /** For TCP and TLS with one server. */
  readonly connect: number;
  /** For each of its answers. */
  readonly answer: number;
  /** For one request in all, whichever servers are asked. */
  readonly whole: number;
  /** How long a server that failed is left alone. */
  readonly rest: number;
  /** How long nobody is asked again after none answered. */
  readonly pause: number;
  /** How long our own connection is used. */
  readonly keep: number;
}

export const usualPatience: Patience = {
  connect: 2500,
  answer: 3000,
  whole: 7000,
  rest: 30_000,
  pause: 2000,
  keep: 300_000,
};

interface Own {
  readonly connection: LdapConnection;
  readonly since: number;
}

/**
 * The servers of a directory, asked in the described order. One that fails is left alone for a while, unless no other is left; what
 * was asked goes to the next. Searches share one connection, bound as Poterne's own account; each person binds on one of their own.
 */
export class LdapServers {
  readonly #directory: LdapDirectory;
  readonly #patience: Patience;
  readonly #restUntil = new Map<LdapServer, number>();
  #own: Promise<Own> | undefined;
  #down: { readonly fault: Fault; readonly until: number } | undefined;
  #closed = false;

  constructor(directory: LdapDirectory, patience: Patience = usualPatience) {
    this.#directory = directory;
    this.#patience = patience;
  }

  /** Has something looked up by Poterne's own account. Throws `directory.down` when no server answers. */
  async asOurselves<T>(work: (connection: LdapConnection) => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#patience.whole;
    const kept = await this.#kept();
    if (kept) {
      try {
        return await work(kept);
      } catch (error) {
        // A server may end an idle connection at any time: that says nothing of the server.
        this.#forget(kept);
        if (!isServers(error)) throw serverFault(this.#directory, kept.server, error);
        if (error instanceof Silent) this.#rest(kept.server);
      }
    }
    return this.#onOne(deadline, async (server) => {
      const { connection } = await this.#opened(server);
      try {
        return await work(connection);
      } catch (error) {
        this.#forget(connection);
        throw error;
      }
    });
  }

  /** Whether this is the password of the person of that DN. */
  async asPerson(dn: string, password: string): Promise<BindAnswer> {
    const deadline = performance.now() + this.#patience.whole;
    return this.#onOne(deadline, async (server) => {
      const connection = await this.connect(server);
      try {
        return await connection.bind(dn, password);
      } finally {
        connection.close();
      }
    });
  }

  /** A connection to this server, as nobody yet. */
  async connect(server: LdapServer): Promise<LdapConnection> {
    return LdapConnection.open(server, await trustOf(this.#directory), this.#patience);
  }

  /** Binds as Poterne's own account. Throws `directory.bind` when it is refused. */
  async bindAsOurselves(connection: LdapConnection): Promise<void> {
    const { user, password } = this.#directory.bind;
    const answer = await connection.bind(user, await readSecret(password));
    if (answer.accepted) return;
    throw bindFault(this.#directory, connection.server, new Answered(answer.code, answer.diagnostic));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const own = await this.#own?.catch(() => undefined);
    own?.connection.close();
    this.#own = undefined;
  }

  async #kept(): Promise<LdapConnection | undefined> {
    const own = await this.#own?.catch(() => undefined);
    if (!own) return undefined;
    const { connection, since } = own;
    if (connection.isOpen && performance.now() - since < this.#patience.keep) return connection;
    this.#forget(connection);
    return undefined;
  }

  /** Those who come at once share what one of them opens. */
  #opened(server: LdapServer): Promise<Own> {
    const before = this.#own;
    const opening = (async () => {
      const own = await before?.catch(() => undefined);
      if (own?.connection.isOpen) return own;
      const connection = await this.connect(server);
      try {
        await this.bindAsOurselves(connection);
      } catch (error) {
        connection.close();
        throw error;
      }
      if (this.#closed) connection.close();
      return { connection, since: performance.now() };
    })();
    opening.catch(() => {
      if (this.#own === opening) this.#own = undefined;
    });
    this.#own = opening;
    return opening;
  }

  #forget(connection: LdapConnection): void {
    connection.close();
    const own = this.#own;
    own?.then(
      (each) => {
        if (each.connection === connection && this.#own === own) this.#own = undefined;
      },
      () => undefined,
    );
  }

  async #onOne<T>(deadline: number, work: (server: LdapServer) => Promise<T>): Promise<T> {
    // All who wait for a directory that is gone would otherwise wait in full.
    if (this.#down && performance.now() < this.#down.until) throw this.#down.fault;
    let first: Fault | undefined;
    for (const server of this.#inTurn()) {
      const left = deadline - performance.now();
      if (left <= 0) break;
      try {
        const result = await within(left, work(server));
        this.#restUntil.delete(server);
        this.#down = undefined;
        return result;
      } catch (error) {
        const fault = serverFault(this.#directory, server, error);
        // What is wrong here, and not there, is the same whichever is asked.
        if (!isServers(error) && fault.code !== 'directory.bind') throw fault;
        first ??= fault;
        this.#rest(server);
      }
    }
    this.#down = { fault: this.#downFault(first), until: performance.now() + this.#patience.pause };
    throw this.#down.fault;
  }

  #rest(server: LdapServer): void {
    this.#restUntil.set(server, performance.now() + this.#patience.rest);
  }

  /** Those that rest come last, should nobody else be left. */
  #inTurn(): readonly LdapServer[] {
    const now = performance.now();
    const rests = (server: LdapServer) => (this.#restUntil.get(server) ?? 0) > now;
    const { servers } = this.#directory;
    return [...servers.filter((each) => !rests(each)), ...servers.filter(rests)];
  }

  #downFault(first: Fault | undefined): Fault {
    const { name, pointer, servers } = this.#directory;
    const reason = String(first?.params.reason ?? 'ETIMEDOUT');
    const server = String(first?.params.server ?? servers.map(urlOf).join(' '));
    const params = { directory: name, server, reason };
    return new Fault('directory.down', params, {
      cause: first,
      pointer,
      next: message('directory.down.next', params),
    });
  }
}

/** Whether another server may answer better. Not a refusal about what was asked, nor a file of our own that cannot be read. */
function isServers(error: unknown): boolean {
  if (error instanceof Fault) return false;
  if (error instanceof Answered) return passing.has(error.code);
  return true;
}

/** operationsError, timeLimitExceeded, adminLimitExceeded, busy, unavailable, other: of this server, now. */
const passing = new Set([1, 3, 11, 51, 52, 80]);

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('ETIMEDOUT')), milliseconds);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    // Should it fail later, nobody listens any more.
    work.catch(() => undefined);
  }
}
