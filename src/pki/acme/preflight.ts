import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { isPrivate, parseNetwork } from '../../lib/ip.ts';
import type { AcmeChallenge } from '../../model/acme.ts';
import { Fault } from '../../model/fault.ts';
import type { Finding, Severity } from '../../model/finding.ts';
import { message, type Params } from '../../model/message.ts';
import { keptAccount } from './account.ts';
import { allows, relevantCaa, writeCaa } from './caa.ts';
import { type Lookup, lookupAt, type NameServers, placeOf } from './dns-names.ts';
import { askChallenge, excerptOf } from './http01.ts';
import { turnOf } from './obtain.ts';
import { updateWriter } from './rfc2136.ts';
import type { Session } from './session.ts';
import type { Wish } from './types.ts';

/** What is looked at before an authority is asked. */
export interface PreflightOptions {
  readonly challenge: AcmeChallenge;
  /** The addresses that visitors reach us by, as far as they are known. */
  readonly addresses: readonly string[];
  readonly names?: NameServers;
  /** Where authorities look for HTTP-01: 80. */
  readonly port?: number;
}

/** A clock that is off by more makes certificates seem not yet valid, and signatures of updates too old. */
const tolerated = 120_000;

/**
 * Looks for what an authority would refuse, and says it first: the names' addresses and what answers there, CAA, the clock, limits that are
 * not over, whether DNS-01's record can be written. Of the authority, only its directory is read. Where nobody knows our public address, a name
 * that does not lead back to us from here is a warning: many routers do not lead a network's own address back to it.
 */
export async function preflight(session: Session, wish: Wish, options: PreflightOptions): Promise<Finding[]> {
  const lookup = lookupAt(options.names?.resolvers);
  const names = [...new Set(wish.names.map((name) => name.replace(/^\*\./, '')))];
  const parts = await Promise.all([
    turn(session, wish),
    authority(session, wish, options, lookup),
    ...names.map((name) =>
      options.challenge.kind === 'http' ? reached(session, name, options, lookup) : writable(name, options),
    ),
  ]);
  return parts.flat();
}

function found(severity: Severity, code: Finding['code'], params: Params): Finding {
  return { severity, code, params, hint: message(`${code}.next` as Finding['code'], params) };
}

/** A fault that it would end with. */
function asFinding(error: unknown): Finding {
  if (!(error instanceof Fault)) throw error;
  const { code, params, next, pointer } = error;
  return {
    ...{ severity: 'error', code, params },
    ...(next ? { hint: next } : {}),
    ...(pointer === undefined ? {} : { pointer }),
  };
}

async function turn({ folder, authority, ca, now }: Session, wish: Wish): Promise<Finding[]> {
  const { at, attempts } = await turnOf(folder, authority.directory, wish, now());
  if (!attempts || at <= now()) return [];
  // Our own pause only says when it goes on by itself; the authority's is an order.
  const severity = (attempts.notBefore ?? 0) > now() ? 'error' : 'note';
  const params = { ca, until: new Date(at).toISOString(), code: attempts.fault.code };
  return [found(severity, 'acme.wait', params)];
}

async function authority(
  session: Session,
  wish: Wish,
  options: PreflightOptions,
  lookup: Lookup,
): Promise<Finding[]> {
  try {
    const { meta } = await session.directory();
    const skew = session.skew() ?? 0;
    const clock = {
      ca: session.ca,
      seconds: Math.round(Math.abs(skew) / 1000),
      direction: skew > 0 ? '-' : '+',
    };
    const identities = meta.caaIdentities ?? [];
    const account = (await keptAccount(session))?.url;
    const caa = await Promise.all(
      wish.names.map((name) => forbidden(session, name, { identities, account }, options, lookup)),
    );
    return [
      ...(Math.abs(skew) > tolerated ? [found('error', 'acme.preflight.clock', clock)] : []),
      ...caa.flat(),
    ];
  } catch (error) {
    return [asFinding(error)];
  }
}

async function forbidden(
  { ca }: Session,
  name: string,
  { identities, account }: { identities: readonly string[]; account: string | undefined },
  { challenge }: PreflightOptions,
  lookup: Lookup,
): Promise<Finding[]> {
  // A private authority that gives itself no such name does not look at CAA.
  if (identities.length === 0) return [];
  try {
    const { at, records } = await relevantCaa(name, lookup);
    const certifier = {
      identities,
      isWildcard: name.startsWith('*.'),
      method: challenge.kind === 'http' ? 'http-01' : 'dns-01',
      ...(account === undefined ? {} : { account }),
    } as const;
    if (allows(records, certifier)) return [];
    const params = { name, at, records: writeCaa(records), ca, identity: identities[0] as string };
    return [found('error', 'acme.preflight.caa', params)];
  } catch (error) {
    return [found('error', 'acme.preflight.caa.unanswered', { name, reason: reasonOf(error) })];
  }
}

async function reached(
  { key }: Session,
  name: string,
  { addresses, port = 80 }: PreflightOptions,
  lookup: Lookup,
): Promise<Finding[]> {
  const ours = addresses.join(', ') || '-';
  let resolved: string[];
  try {
    resolved = (await Promise.all(([4, 6] as const).map((family) => lookup.addresses(name, family)))).flat();
  } catch (error) {
    return [found('error', 'acme.preflight.unresolved', { name, ours, reason: reasonOf(error) })];
  }
  if (resolved.length === 0)
    return [found('error', 'acme.preflight.unresolved', { name, ours, reason: 'A, AAAA: -' })];
  const token = 'poterne-preflight';
  const looked = await Promise.all(
    resolved.map(async (address): Promise<Finding | undefined> => {
      const seen = await askChallenge({ address, port }, name, token).then(
        (answer) =>
          answer.status === 200 && answer.body === `${token}.${key.thumbprint}` ? undefined : answer,
        (error) => reasonOf(error),
      );
      if (seen === undefined) return undefined;
      const isAnswer = typeof seen !== 'string';
      const params = { name, address, port, ours, seen: isAnswer ? excerptOf(seen) : seen };
      const whose = whoseAddress(address, addresses);
      if (whose === 'ours')
        return found('error', isAnswer ? 'acme.preflight.answer' : 'acme.preflight.port', params);
      return whose === 'theirs'
        ? found('error', 'acme.preflight.elsewhere', params)
        : found('warning', 'acme.preflight.unproved', params);
    }),
  );
  return looked.filter((finding) => finding !== undefined);
}

async function writable(name: string, { challenge, names }: PreflightOptions): Promise<Finding[]> {
  try {
    const place = await placeOf(name, names);
    if (challenge.kind === 'hook') await requireProgram(challenge.command[0] ?? '', challenge.pointer);
    else if (challenge.kind === 'rfc2136') {
      const writer = updateWriter(challenge);
      // As long as a real one, so that nothing but the value differs.
      const value = 'poterne-preflight-proves-nothing-at-all----';
      await writer.add(place, value);
      await writer.remove(place, value);
    }
    return [];
  } catch (error) {
    return [asFinding(error)];
  }
}

/**
 * Whose an address is, as far as ours are known. Behind a router that translates addresses, the machine knows its private ones only: whether
 * a public one leads here cannot be told then.
 */
export function whoseAddress(address: string, ours: readonly string[]): 'ours' | 'theirs' | 'unknown' {
  // IPv6 has many spellings.
  const canonical = (text: string) => parseNetwork(text) ?? text;
  const known = ours.map(canonical);
  if (known.includes(canonical(address))) return 'ours';
  const comparable = isPrivateAddress(address) ? known : known.filter((own) => !isPrivateAddress(own));
  return comparable.length > 0 ? 'theirs' : 'unknown';
}

function isPrivateAddress(address: string): boolean {
  const network = parseNetwork(address);
  return network !== undefined && isPrivate(network);
}

/** A program of the user's is not run for a look: only whether it can be. */
async function requireProgram(program: string, pointer: string): Promise<void> {
  await access(program, constants.X_OK).catch((cause: NodeJS.ErrnoException) => {
    const params = { program, action: '', seconds: 0, reason: cause.code ?? cause.message };
    throw new Fault('acme.hook.missing', params, {
      ...{ cause, pointer },
      next: message('acme.hook.missing.next', params),
    });
  });
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
}
