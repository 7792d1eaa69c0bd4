import type { AuditEntry } from '../audit/entry.ts';
import { Fault } from '../model/fault.ts';
import { type Message, message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { openText, sealText } from '../pki/at-rest.ts';
import type { CredentialStore } from '../store/credentials.ts';
import type { KeptFactor } from '../store/factors.ts';
import { ownerOf } from './owner.ts';
import { openPasskeys, type Passkeys } from './passkeys.ts';
import { type By, patience } from './people.ts';
import { newRecoveryCodes, recoveryHash } from './recovery.ts';
import { openRemembered, type Remembered } from './remembered.ts';
import { newId } from './secrets.ts';
import { newSeed, seedUri, stepOf } from './totp.ts';
import type { Strength, User } from './types.ts';

/** What second factors are made of. */
export interface FactorNeeds {
  site(): Site;
  credentials(): CredentialStore;
  /** What seals seeds; `undefined` where this machine has no key. */
  seal(): Promise<string | undefined>;
  audit(entry: AuditEntry): Promise<unknown>;
  /** Tells somebody, by mail where that is described, what became of their factors. */
  tell?(user: User, text: Message): Promise<void>;
  now(): Date;
}

/** What somebody gave, judged. */
export type FactorResult =
  | { readonly ok: true; readonly strength: Strength }
  | { readonly ok: false; readonly why: Message };

/** A factor as its owner sees it. */
export type ShownFactor = Pick<KeptFactor, 'id' | 'kind' | 'name' | 'made' | 'used'>;

/** What somebody has beside a password. */
export interface FactorsOf {
  readonly factors: readonly ShownFactor[];
  readonly recoveryCodes: number;
}

/** A seed that waits to be confirmed. */
export interface NewTotp {
  readonly id: string;
  /** Base32. */
  readonly seed: string;
  readonly uri: string;
}

/** Second factors of people, of whatever source. */
export interface Factors extends Remembered, Passkeys {
  of(user: User): Promise<FactorsOf>;
  /**
   * A fresh seed for an application, to be confirmed within a quarter of an hour by a code of it. `session` is the one that sees it. Throws
   * `factor.unsealable`.
   */
  beginTotp(user: User, session: string): Promise<NewTotp>;
  /** The seed that waits, so that its page can be shown again: to the session that saw it. Another may be that of who stole the password. */
  pendingTotp(user: User, session: string): Promise<NewTotp | undefined>;
  confirmTotp(user: User, id: string, code: string, name: string, by: By): Promise<FactorResult>;
  checkTotp(user: User, code: string): Promise<FactorResult>;
  /** Fresh codes, in place of those that are left; they are shown now and never again. */
  newRecoveryCodes(user: User, by: By): Promise<readonly string[]>;
  useRecoveryCode(user: User, code: string, by: By): Promise<FactorResult>;
  /** With the last factor go the recovery codes and the remembered devices. False when there is no such factor. */
  remove(user: User, id: string, by: By): Promise<boolean>;
  /** An administrator takes them all away; how many there were. */
  reset(user: User, by: By): Promise<number>;
}

const pendingLasts = 15 * 60_000;
/** More nobody needs. */
const mostFactors = 12;

/** Opens the second factors. */
export function openFactors(needs: FactorNeeds): Factors {
  const refuse = (code: 'factor.wrong' | 'factor.used' | 'factor.paused' | 'factor.gone') =>
    ({ ok: false, why: message(code) }) as const;
  const granted = (factor: Strength['factor']): FactorResult => ({
    ok: true,
    strength: { factor, at: needs.now() },
  });
  const serving = async (user: User): Promise<readonly KeptFactor[]> =>
    (await needs.credentials().factors(ownerOf(user))).filter(({ pending }) => pending === undefined);

  const secret = async (): Promise<string> => {
    const found = await needs.seal();
    if (found !== undefined) return found;
    throw new Fault('factor.unsealable', {}, { next: message('factor.unsealable.next') });
  };
  const about = ({ id, owner }: Pick<KeptFactor, 'id' | 'owner'>) =>
    `totp ${needs.site().name} ${owner} ${id}`;
  const issuer = () => needs.site().signIn?.brand.name ?? needs.site().name;

  /** Counts first: however many come at once. */
  const mayTry = (user: User) => needs.credentials().attempt(ownerOf(user), 'factor', needs.now(), patience);
  const succeeded = (user: User) => needs.credentials().succeeded(ownerOf(user), 'factor');

  /** Every change of somebody's factors is in the log before it is made, and told them after. */
  const logged = (what: string, user: User, { who, from }: By, detail: Record<string, string> = {}) =>
    needs.audit({ who, what, to: user.id, from, result: 'done', detail });
  const tell = async (
    user: User,
    code: 'factor.told.added' | 'factor.told.removed' | 'factor.told.reset' | 'factor.told.recovery',
    name = '',
  ) => needs.tell?.(user, message(code, { name, site: issuer(), at: needs.now().toISOString() }));

  const roomFor = async (user: User): Promise<void> => {
    if ((await serving(user)).length >= mostFactors) throw new Fault('factor.many', { count: mostFactors });
  };
  const added = async (user: User, kind: string, name: string): Promise<void> =>
    tell(user, 'factor.told.added', `${name} (${kind})`);

  return {
    ...openRemembered(needs),
    ...openPasskeys({ ...needs, roomFor, logged, added }),
    async of(user) {
      const factors = await serving(user);
      return {
        factors: factors.map(({ id, kind, name, made, used }) => ({
          id,
          kind,
          name,
          made,
          ...(used ? { used } : {}),
        })),
        recoveryCodes: await needs.credentials().recoveryCodesLeft(ownerOf(user)),
      };
    },
    async beginTotp(user, session) {
      await roomFor(user);
      const [id, owner, seed] = [newId(), ownerOf(user), newSeed()];
      const made = needs.now();
      await needs.credentials().addFactor({
        ...{ id, owner, person: user.id, kind: 'totp', name: '', counter: 0, made },
        detail: { session },
        secret: sealText(seed, await secret(), about({ id, owner })),
        pending: new Date(made.getTime() + pendingLasts),
      });
      return { id, seed, uri: seedUri(seed, issuer(), user.id) };
    },
    async pendingTotp(user, session) {
      const found = (await needs.credentials().factors(ownerOf(user))).find(
        ({ kind, pending, detail }) =>
          kind === 'totp' && pending !== undefined && pending > needs.now() && detail.session === session,
      );
      if (!found) return undefined;
      const seed = openText(found.secret, await secret(), about(found));
      return { id: found.id, seed, uri: seedUri(seed, issuer(), user.id) };
    },
    async confirmTotp(user, id, code, name, by) {
      const credentials = needs.credentials();
      const found = (await credentials.factors(ownerOf(user))).find((each) => each.id === id);
      if (found?.pending === undefined || found.pending <= needs.now()) return refuse('factor.gone');
      if (!(await mayTry(user))) return refuse('factor.paused');
      const step = stepOf(openText(found.secret, await secret(), about(found)), code, needs.now());
      if (step === undefined) return refuse('factor.wrong');
      await logged('factor.add', user, by, { kind: 'totp', name });
      if (!(await credentials.confirmFactor(id, step, name, needs.now()))) return refuse('factor.gone');
      await succeeded(user);
      await added(user, 'TOTP', name);
      return granted('totp');
    },
    async checkTotp(user, code) {
      const credentials = needs.credentials();
      const totps = (await serving(user)).filter(({ kind }) => kind === 'totp');
      if (totps.length === 0) return refuse('factor.wrong');
      if (!(await mayTry(user))) return refuse('factor.paused');
      for (const each of totps) {
        const step = stepOf(openText(each.secret, await secret(), about(each)), code, needs.now());
        if (step === undefined) continue;
        if (!(await credentials.advanceStep(each.id, step, needs.now()))) return refuse('factor.used');
        await succeeded(user);
        return granted('totp');
      }
      return refuse('factor.wrong');
    },
    async newRecoveryCodes(user, by) {
      const codes = newRecoveryCodes();
      await logged('factor.recovery-codes', user, by);
      await needs.credentials().setRecoveryCodes(
        ownerOf(user),
        codes.map((code) => recoveryHash(code) as string),
      );
      return codes;
    },
    async useRecoveryCode(user, code, by) {
      const credentials = needs.credentials();
      if (!(await mayTry(user))) return refuse('factor.paused');
      const hash = recoveryHash(code);
      if (hash === undefined || !(await credentials.useRecoveryCode(ownerOf(user), hash, needs.now())))
        return refuse('factor.wrong');
      await succeeded(user);
      const left = await credentials.recoveryCodesLeft(ownerOf(user));
      await logged('factor.recovery', user, by, { left: String(left) });
      await tell(user, 'factor.told.recovery', String(left));
      return granted('recovery');
    },
    async remove(user, id, by) {
      const credentials = needs.credentials();
      const factors = await serving(user);
      const found = factors.find((each) => each.id === id);
      if (!found) return false;
      await logged('factor.remove', user, by, { kind: found.kind, name: found.name });
      if (factors.length === 1) await credentials.resetFactors(ownerOf(user));
      else await credentials.removeFactor(ownerOf(user), id);
      await tell(user, 'factor.told.removed', found.name);
      return true;
    },
    async reset(user, by) {
      await logged('factor.reset', user, by);
      const count = await needs.credentials().resetFactors(ownerOf(user));
      await needs.credentials().unlock(ownerOf(user));
      if (count > 0) await tell(user, 'factor.told.reset');
      return count;
    },
  };
}
