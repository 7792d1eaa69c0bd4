import { createHash } from 'node:crypto';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { message } from '../model/message.ts';
import type { SignIn } from '../model/sign-in.ts';
import type { Whose } from '../store/credentials.ts';
import type { KeptFactor } from '../store/factors.ts';
import type { FactorNeeds, FactorResult } from './factors.ts';
import { ownerOf } from './owner.ts';
import type { By } from './people.ts';
import { hashOf } from './secrets.ts';
import type { User } from './types.ts';

/** Passkeys (Web Authentication, W3C), beside a password, or instead of one where the device verified who held it. */
export interface Passkeys {
  /** What a browser makes a passkey with. */
  registration(user: User): Promise<PublicKeyCredentialCreationOptionsJSON>;
  register(user: User, origin: string, sent: string, name: string, by: By): Promise<FactorResult>;
  /** What a browser shows a passkey with: one of somebody's, or without anybody any that it has. */
  challenge(user: User | undefined): Promise<PublicKeyCredentialRequestOptionsJSON>;
  checkPasskey(user: User, origin: string, sent: string): Promise<FactorResult>;
  /** Whose passkey it is, shown on a device that verified who holds it: a password and a second factor at once. */
  signInByPasskey(origin: string, sent: string): Promise<Whose | undefined>;
}

interface PasskeyNeeds extends FactorNeeds {
  roomFor(user: User): Promise<void>;
  logged(what: string, user: User, by: By, detail: Record<string, string>): Promise<unknown>;
  added(user: User, kind: string, name: string): Promise<void>;
}

const challengeLasts = 5 * 60_000;
/** Larger answers no browser sends. */
const largest = 65_536;
/** Whose a challenge is that anybody may meet. */
const anybody = '';

/** Opens the passkeys. Its library is loaded when somebody has to do with one. */
export function openPasskeys(needs: PasskeyNeeds): Passkeys {
  const library = () => import('@simplewebauthn/server');
  const portal = (): SignIn => {
    const { signIn } = needs.site();
    if (!signIn) throw new Error('passkeys belong to a portal');
    return signIn;
  };
  const rpName = () => portal().brand.name ?? needs.site().name;
  const transportsOf = ({ detail }: KeptFactor) => (detail.transports ?? []) as string[];
  const keysOf = async (user: User) =>
    (await needs.credentials().factors(ownerOf(user))).filter(({ kind }) => kind === 'passkey');

  const offer = (kind: 'make' | 'show', owner: string, challenge: string) =>
    needs.credentials().offer(`passkey-${kind}`, {
      ...{ hash: hashOf(challenge), owner, detail: '' },
      expires: new Date(needs.now().getTime() + challengeLasts),
    });
  /** A challenge is met once, by whom it was made for. */
  const met = (kind: 'make' | 'show', owner: string) => async (challenge: string) =>
    (await needs.credentials().take(`passkey-${kind}`, hashOf(challenge), needs.now()))?.owner === owner;

  /** The passkey that an answer is of, when all in it is right. */
  const shown = async (
    owner: string,
    origin: string,
    sent: string,
    verified: boolean,
  ): Promise<KeptFactor | undefined> => {
    const response = parse<AuthenticationResponseJSON>(sent);
    const key = response && (await needs.credentials().factor(response.id));
    if (!response || key?.kind !== 'passkey' || key.pending) return undefined;
    if (owner !== anybody && key.owner !== owner) return undefined;
    const { verifyAuthenticationResponse } = await library();
    try {
      const { verified: isRight, authenticationInfo: info } = await verifyAuthenticationResponse({
        response,
        expectedChallenge: met('show', owner),
        expectedOrigin: origin,
        expectedRPID: portal().at,
        requireUserVerification: verified,
        credential: {
          id: key.id,
          publicKey: new Uint8Array(Buffer.from(key.secret, 'base64url')),
          counter: key.counter,
          transports: transportsOf(key) as never,
        },
      });
      const { id, counter } = key;
      const isNext =
        isRight && (await needs.credentials().advanceCount(id, counter, info.newCounter, needs.now()));
      return isNext ? key : undefined;
    } catch {
      // Whatever is wrong in it, it opens nothing.
      return undefined;
    }
  };

  return {
    async registration(user) {
      await needs.roomFor(user);
      const { generateRegistrationOptions } = await library();
      const owner = ownerOf(user);
      const keys = await keysOf(user);
      const options = await generateRegistrationOptions({
        ...{
          rpName: rpName(),
          rpID: portal().at,
          userName: user.id,
          userDisplayName: user.title ?? user.login,
        },
        // Devices keep it in the clear: it tells nobody who it is (WebAuthn §14.6.1).
        userID: new Uint8Array(createHash('sha256').update(`${needs.site().name}\n${owner}`).digest()),
        excludeCredentials: keys.map((key) => ({ id: key.id, transports: transportsOf(key) })),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
        attestationType: 'none',
      });
      await offer('make', owner, options.challenge);
      return options;
    },
    async register(user, origin, sent, name, by) {
      const refused = { ok: false, why: message('factor.passkey.wrong') } as const;
      const response = parse<RegistrationResponseJSON>(sent);
      if (!response) return refused;
      const { verifyRegistrationResponse } = await library();
      const owner = ownerOf(user);
      const result = await verifyRegistrationResponse({
        ...{ response, expectedChallenge: met('make', owner), expectedOrigin: origin },
        ...{ expectedRPID: portal().at, requireUserVerification: false },
      }).catch(() => ({ verified: false }) as const);
      if (!result.verified) return refused;
      const { credential, credentialDeviceType, credentialBackedUp } = result.registrationInfo;
      if (await needs.credentials().factor(credential.id)) return refused;
      await needs.roomFor(user);
      await needs.logged('factor.add', user, by, { kind: 'passkey', name });
      await needs.credentials().addFactor({
        ...{ id: credential.id, owner, person: user.id, kind: 'passkey', name, counter: credential.counter },
        secret: Buffer.from(credential.publicKey).toString('base64url'),
        detail: {
          ...{
            transports: credential.transports ?? [],
            type: credentialDeviceType,
            backedUp: credentialBackedUp,
          },
        },
        made: needs.now(),
      });
      await needs.added(user, 'passkey', name);
      return { ok: true, strength: { factor: 'passkey', at: needs.now() } };
    },
    async challenge(user) {
      const { generateAuthenticationOptions } = await library();
      const keys = user ? await keysOf(user) : [];
      const options = await generateAuthenticationOptions({
        rpID: portal().at,
        ...(user
          ? { allowCredentials: keys.map((key) => ({ id: key.id, transports: transportsOf(key) })) }
          : {}),
        userVerification: user ? 'preferred' : 'required',
      });
      await offer('show', user ? ownerOf(user) : anybody, options.challenge);
      return options;
    },
    async checkPasskey(user, origin, sent) {
      const key = await shown(ownerOf(user), origin, sent, false);
      if (!key) return { ok: false, why: message('factor.passkey.wrong') };
      return { ok: true, strength: { factor: 'passkey', at: needs.now() } };
    },
    async signInByPasskey(origin, sent) {
      const key = await shown(anybody, origin, sent, true);
      return key && { owner: key.owner, person: key.person };
    },
  };
}

/** What a browser sent, if it looks like an answer; the library looks at all of it. */
function parse<T extends { readonly id: string }>(sent: string): T | undefined {
  if (sent.length > largest) return undefined;
  try {
    const value: unknown = JSON.parse(sent);
    const isAnswer = typeof value === 'object' && value !== null && typeof (value as T).id === 'string';
    return isAnswer ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
