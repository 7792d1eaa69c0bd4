import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { Fault } from '../model/fault.ts';
import { type Message, message } from '../model/message.ts';

/** What makes a hash slow (RFC 7914): memory is 128·N·r bytes, and time grows with all three. */
export interface ScryptParameters {
  /** The power of two that N is. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP's for 32 MiB, so that a small machine checks several passwords at once. */
export const currentParameters: ScryptParameters = { ln: 15, r: 8, p: 3 };

const saltBytes = 16;
const hashBytes = 32;
/** Checked at once: each takes 32 MiB and a thread. */
const most = 2;
/** What waits beyond is refused: it would wait longer than anybody looks at a page. */
const mostWaiting = 100;

/** No longer password is looked at, in characters: hashing must stay our own choice of work. */
export const longestPassword = 256;
const shortestPassword = 12;

/** How many guesses somebody who knows the person may need at least: beyond what attempts allow for years. */
const fewestGuesses = 1e8;

/** A password as it is kept: `$scrypt$ln=15,r=8,p=3$salt$hash`, which says how it was made. */
export async function hashPassword(
  password: string,
  parameters: ScryptParameters = currentParameters,
): Promise<string> {
  const salt = randomBytes(saltBytes);
  const { ln, r, p } = parameters;
  const hash = await derive(password, salt, parameters);
  return `$scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Whether a password is the one that was kept; `outdated` when it is, and ought to be kept with today's parameters. */
export async function verifyPassword(
  password: string,
  kept: string,
): Promise<'right' | 'outdated' | 'wrong'> {
  const [, ln, r, p, salt, hash] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]+)\$([\w-]+)$/.exec(kept) ?? [];
  if (!salt || !hash) return 'wrong';
  const parameters = { ln: Number(ln), r: Number(r), p: Number(p) };
  const expected = Buffer.from(hash, 'base64url');
  const found = await derive(password, Buffer.from(salt, 'base64url'), parameters, expected.length);
  if (!timingSafeEqual(found, expected)) return 'wrong';
  const current = currentParameters;
  const isCurrent = parameters.ln === current.ln && parameters.r === current.r && parameters.p === current.p;
  return isCurrent ? 'right' : 'outdated';
}

let decoy: Promise<string> | undefined;

/** Takes as long as checking a password does, for somebody who has none. */
export async function verifyNothing(password: string): Promise<'wrong'> {
  decoy ??= hashPassword(randomBytes(16).toString('base64url'));
  await verifyPassword(password, await decoy);
  return 'wrong';
}

/** What a new password must not be made of, beside what everybody uses. */
export interface AboutThem {
  readonly login: string;
  readonly title?: string;
  readonly email?: string;
  /** The organisation, the portal. */
  readonly words: readonly string[];
}

/**
 * Why a password may not be used; `undefined` when it may. Length, and how hard it is to guess for somebody who knows the common ones
 * and the person; no rules of what it is composed of (NIST SP 800-63B §3.1.1.2).
 */
export async function passwordTrouble(password: string, about: AboutThem): Promise<Message | undefined> {
  const length = [...normal(password)].length;
  if (length < shortestPassword) return message('password.short', { length: shortestPassword });
  if (length > longestPassword) return message('password.long', { length: longestPassword });
  const theirs = [about.login, about.title, about.email, ...about.words]
    .flatMap((text) => (text ? [text, ...text.split(/[^\p{L}\p{N}]+/u)] : []))
    .map((word) => word.toLowerCase())
    .filter((word) => word.length > 2);
  const rest = theirs.reduce((text, word) => text.replaceAll(word, ''), normal(password).toLowerCase());
  if (rest.length < shortestPassword / 2) return message('password.common');
  const { ZxcvbnFactory } = await import('@zxcvbn-ts/core');
  const { adjacencyGraphs, dictionary } = await import('@zxcvbn-ts/language-common');
  const factory = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  const { guesses } = factory.check(normal(password).slice(0, 64), theirs);
  return guesses < fewestGuesses ? message('password.common') : undefined;
}

/** Composed as keyboards differ in composing it (NIST SP 800-63B: NFKC). */
const normal = (password: string): string => password.normalize('NFKC');

let running = 0;
const waiting: (() => void)[] = [];

async function derive(
  password: string,
  salt: Uint8Array,
  { ln, r, p }: ScryptParameters,
  bytes = hashBytes,
): Promise<Buffer> {
  const text = normal(password);
  // Longer ones are nobody's: they take the same time, and match nothing.
  const input = text.length > 4 * longestPassword ? randomBytes(16) : text;
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 128 * 2 ** ln * r + (1 << 20) };
  await turn();
  try {
    return await new Promise<Buffer>((done, failed) => {
      scrypt(input, salt, bytes, options, (error, key) => (error ? failed(error) : done(key)));
    });
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

async function turn(): Promise<void> {
  if (running >= most) {
    if (waiting.length >= mostWaiting)
      throw new Fault('password.busy', { count: mostWaiting }, { next: message('password.busy.next') });
    await new Promise<void>((go) => waiting.push(go));
  }
  running += 1;
}
