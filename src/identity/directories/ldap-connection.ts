import type { SecureContext, TLSSocket } from 'node:tls';
import type { Client, Entry, Filter } from 'ldapts';
import { Answered } from './faults.ts';
import { NoTls, Silent, secureSocket } from './secure-socket.ts';
import { type LdapServer, urlOf } from './server.ts';

/** What a server says of somebody's password. */
export type BindAnswer =
  | { readonly accepted: true; readonly mustChange: boolean }
  | {
      readonly accepted: false;
      readonly code: number;
      readonly diagnostic: string;
      readonly policy?: PolicyError;
    };

/** Of the password policy's answer (draft-behera-ldap-password-policy §6.2), what concerns signing in. */
export type PolicyError = 'expired' | 'locked' | 'must-change';

/** An entry as it was found. */
export interface Found {
  readonly dn: string;
  /** The values of an attribute, as text; none where it has none. */
  values(attribute: string): readonly string[];
  first(attribute: string): string | undefined;
  bytes(attribute: string): Buffer | undefined;
}

export interface Search {
  readonly base: string;
  readonly scope: 'base' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** Those of the attributes whose values are not text. */
  readonly binary?: readonly string[];
  /** How many entries are wanted at most; more is no error. */
  readonly most: number;
}

/** Result codes that are an answer about the person who binds, and not about the server. */
const aboutThePerson = new Set([19, 32, 34, 48, 49, 50, 53]);

/**
 * One connection to one server of a directory, over verified TLS. It is never made again by itself: a library that connects anew would
 * send the next password without TLS where it was StartTLS, or as nobody.
 */
export class LdapConnection {
  readonly server: LdapServer;
  readonly #client: Client;
  readonly #socket: TLSSocket;

  private constructor(server: LdapServer, client: Client, socket: TLSSocket) {
    this.server = server;
    this.#client = client;
    this.#socket = socket;
  }

  /** Throws what the way to the server says; `patience` is for the connection and for each answer, in milliseconds. */
  static async open(
    server: LdapServer,
    trust: SecureContext,
    patience: { readonly connect: number; readonly answer: number },
  ): Promise<LdapConnection> {
    const socket = await secureSocket(server, trust, patience.connect);
    const { Client } = await import('ldapts');
    let given = false;
    const client = new Client({
      url: urlOf({ ...server, startTls: false }),
      timeout: patience.answer,
      createSecureConnection: () => {
        if (given) throw new NoTls('closed');
        given = true;
        return socket;
      },
    });
    return new LdapConnection(server, client, socket);
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable && this.#socket.readable;
  }

  /** How it is secured. */
  tls(): { readonly protocol: string; readonly certificateEnds: string } {
    const { valid_to } = this.#socket.getPeerCertificate();
    return { protocol: this.#socket.getProtocol() ?? '', certificateEnds: new Date(valid_to).toISOString() };
  }

  /** Whether somebody's password is right (RFC 4511 §4.2). An empty one asks for nothing (RFC 4513 §5.1.2): refused before it leaves. */
  async bind(name: string, password: string): Promise<BindAnswer> {
    if (name === '' || password === '') return { accepted: false, code: 49, diagnostic: '' };
    const policy = await policyControl();
    try {
      await this.#client.bind(name, password, policy.control);
    } catch (error) {
      const answered = await asAnswer(error);
      if (!(answered instanceof Answered) || !aboutThePerson.has(answered.code)) throw answered;
      const { code, diagnostic } = answered;
      const said = policy.said();
      return { accepted: false, code, diagnostic, ...(said === undefined ? {} : { policy: said }) };
    }
    return { accepted: true, mustChange: policy.said() === 'must-change' };
  }

  /** Referrals to other servers are not followed. */
  async search({ base, scope, filter, attributes, binary = [], most }: Search): Promise<readonly Found[]> {
    try {
      const { searchEntries } = await this.#client.search(base, {
        scope,
        filter,
        attributes: [...attributes],
        explicitBufferAttributes: [...binary],
        sizeLimit: most,
        timeLimit: 5,
        derefAliases: 'never',
      });
      return searchEntries.map(foundOf);
    } catch (error) {
      throw await asAnswer(error);
    }
  }

  close(): void {
    this.#client.unbind().catch(() => undefined);
    // What was said to end it may never leave.
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }
}

async function asAnswer(error: unknown): Promise<Error> {
  const { ResultCodeError } = await import('ldapts');
  if (error instanceof ResultCodeError)
    return new Answered(error.code, error.message.replace(/ Code: 0x[0-9a-f]+$/, ''));
  if (!(error instanceof Error)) return new Error(String(error));
  if (/timed out/.test(error.message)) return new Silent(error.message);
  return error;
}

function foundOf(entry: Entry): Found {
  const kept = new Map(Object.entries(entry).map(([key, value]) => [key.toLowerCase(), value]));
  const all = (attribute: string): readonly (string | Buffer)[] => {
    const value = kept.get(attribute.toLowerCase()) ?? [];
    return Array.isArray(value) ? value : [value];
  };
  const values = (attribute: string) =>
    all(attribute).map((each) => (typeof each === 'string' ? each : each.toString('utf8')));
  return {
    dn: entry.dn,
    values,
    first: (attribute) => values(attribute)[0],
    bytes: (attribute) => {
      const [value] = all(attribute);
      return value === undefined ? undefined : Buffer.from(value as Buffer);
    },
  };
}

/** Asks for the password policy's word, and hears it. Not critical: Active Directory does not know it. */
async function policyControl() {
  const { Control } = await import('ldapts');
  let error: number | undefined;
  class PasswordPolicy extends Control {
    constructor() {
      super('1.3.6.1.4.1.42.2.27.8.5.1');
    }

    protected override parseControl(reader: import('ldapts').BerReader): void {
      // SEQUENCE { warning [0] …, error [1] ENUMERATED }, both optional.
      if (reader.readSequence() === null) return;
      while (reader.remain > 0) {
        const tag = reader.peek();
        if (tag === 0x81) error = reader.readTag(0x81) ?? undefined;
        else if (tag === null || reader.readString(tag, true) === null) return;
      }
    }
  }
  const meaning: Readonly<Record<number, PolicyError>> = { 0: 'expired', 1: 'locked', 2: 'must-change' };
  return { control: new PasswordPolicy(), said: () => (error === undefined ? undefined : meaning[error]) };
}
