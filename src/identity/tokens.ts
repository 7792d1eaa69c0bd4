import { className, classOf } from '../lib/path-class.ts';
import type { ServiceTokenStore, StoredToken } from '../store/service-tokens.ts';
import { rememberReads } from './remembered-reads.ts';
import { hashOf, isSecretOf, newId, newSecret } from './secrets.ts';
import { steadyStore } from './steady-store.ts';

/** What a machine shows in the place of a person: it may what they may, at some publications, on some paths, until a day. */
export interface ServiceToken {
  /** Public: logs name it. */
  readonly id: string;
  readonly name: string;
  /** The id of the user that it acts as. */
  readonly user: string;
  /** Whose credentials theirs are (`ownerOf`), where that was known: whoever has their name later is another. */
  readonly owner?: string;
  /** Names of publications. */
  readonly publications: readonly string[];
  /** Prefixes of paths, as `/rfe/`; none: all. */
  readonly paths: readonly string[];
  readonly made: Date;
  readonly by: string;
  readonly expires: Date;
  readonly used?: Date;
  readonly usedFrom?: string;
  readonly revoked?: Date;
  readonly state: 'valid' | 'expired' | 'revoked';
}

export interface NewToken {
  readonly name: string;
  readonly user: string;
  readonly owner?: string;
  readonly publications: readonly string[];
  readonly paths: readonly string[];
  readonly by: string;
  /** Milliseconds. */
  readonly lasts: number;
}

/** Tokens of machines. Only their hashes are kept. Throws `sessions.unavailable` as sessions do. */
export interface ServiceTokens {
  /** `shown` is the token itself, which nobody sees again; nothing when a valid one has that name. */
  create(token: NewToken): Promise<{ readonly token: ServiceToken; readonly shown: string } | undefined>;
  /** The token of a bearer's word (RFC 6750), when it is still valid; notes that it was used, from where. */
  find(shown: string, from: string): Promise<ServiceToken | undefined>;
  list(): Promise<readonly ServiceToken[]>;
  /** By its id or its name. */
  revoke(which: string): Promise<readonly { readonly id: string; readonly name: string }[]>;
}

/** What tokens begin with: scanners for leaked secrets find them by it, and nginx keeps them from applications. */
export const tokenPrefix = 'pot_';
/** Those of before have no mark. */
const form = /^pot_(t[A-Za-z0-9_-]{16})([A-Za-z0-9_-]{43})(?:[A-Za-z0-9_-]{22})?$/;
/** Milliseconds: how long a read is remembered, and how often a use is noted. */
const times = { remembered: 1000, used: 60_000 } as const;

/** Opens the tokens of a site; `mark` is what nginx counts them by. */
export function openTokens(
  open: () => Promise<ServiceTokenStore>,
  site: () => string,
  mark: (id: string) => Promise<string> = async () => '',
): ServiceTokens {
  const steady = steadyStore(open);
  const rows = rememberReads((id) => steady((store) => store.find(site(), id)), times.remembered);
  const noted = new Map<string, number>();
  return {
    async create({ lasts, ...token }) {
      const [id, secret] = [`t${newId()}`, newSecret()];
      const row = {
        ...{ id, hash: hashOf(secret), name: token.name, user_id: token.user, made_by: token.by },
        owner: token.owner ?? null,
        ...{ publications: JSON.stringify(token.publications), paths: JSON.stringify(token.paths) },
      };
      return steady(async (store) => {
        if (!(await store.create(site(), row, lasts))) return undefined;
        const made = await store.find(site(), id);
        return made && { token: tokenOf(made), shown: `${tokenPrefix}${id}${secret}${await mark(id)}` };
      });
    },
    async find(shown, from) {
      const [, id, secret = ''] = form.exec(shown) ?? [];
      const row = id === undefined ? undefined : await rows.get(id);
      if (!row || !isSecretOf(secret, row.hash)) return undefined;
      const token = tokenOf(row);
      if (token.state !== 'valid') return undefined;
      const last = noted.get(token.id);
      if (last === undefined || performance.now() - last > times.used) {
        noted.set(token.id, performance.now());
        // That it was used is for people to read: it lets nobody in.
        steady((store) => store.used(site(), token.id, from)).catch(() => noted.delete(token.id));
      }
      return token;
    },
    list: async () => (await steady((store) => store.list(site()))).map(tokenOf),
    async revoke(which) {
      const revoked = await steady((store) => store.revoke(site(), which));
      rows.forget();
      return revoked;
    },
  };
}

/** Whether a token is good for a path as it was sent: one that could be read as another is none of its. */
export const isForPath = ({ paths }: ServiceToken, sent: string): boolean =>
  paths.length === 0 || paths.map(className).includes(classOf([{ paths }], sent));

function tokenOf(row: StoredToken): ServiceToken {
  const { id, name, user_id: user, owner, made_by: by, now, made, expires, used, used_from, revoked } = row;
  // One from the clock's future is none either: the clock went back, and it may have run out.
  const isOver = Date.parse(now) >= Date.parse(expires) || Date.parse(made) > Date.parse(now) + 30_000;
  return {
    ...{ id, name, user, by, publications: JSON.parse(row.publications), paths: JSON.parse(row.paths) },
    ...{ made: new Date(made), expires: new Date(expires) },
    ...(owner === null ? {} : { owner }),
    ...(used === null ? {} : { used: new Date(used) }),
    ...(used_from === null ? {} : { usedFrom: used_from }),
    ...(revoked === null ? {} : { revoked: new Date(revoked) }),
    state: revoked !== null ? 'revoked' : isOver ? 'expired' : 'valid',
  };
}
