import type { SignInRefusal } from '../types.ts';
import type { BindAnswer, Found } from './ldap-connection.ts';

/**
 * Why an account may not be used, as far as its entry says; `undefined` when it may. `locked`, which others can bring about, only when
 * there is no other reason.
 */
export type Standing =
  | Extract<SignInRefusal, 'disabled' | 'expired' | 'locked' | 'must-change' | 'hours'>
  | undefined;

/** What is read of a person of Active Directory to know how their account stands. */
export const adAccount = [
  'userAccountControl',
  'msDS-User-Account-Control-Computed',
  'accountExpires',
  'pwdLastSet',
  'logonHours',
] as const;

const accountDisable = 0x2;
const passwordNeverExpires = 0x10000;
const lockout = 0x10;

/**
 * How an account of Active Directory stands ([MS-ADTS] §2.2.16, [MS-SAMR] §3.1.1.8). Whether it is locked is computed by the server,
 * which knows the policies that apply (`msDS-User-Account-Control-Computed`).
 */
export function adStanding(person: Found, now: Date): Standing {
  const control = Number(person.first('userAccountControl'));
  // One whose state we may not read is not taken for good.
  if (!Number.isInteger(control) || (control & accountDisable) !== 0) return 'disabled';
  const ends = adEnds(person);
  if (ends && ends <= now) return 'expired';
  if (person.first('pwdLastSet') === '0' && (control & passwordNeverExpires) === 0) return 'must-change';
  if (!adHours(person.bytes('logonHours'), now)) return 'hours';
  return (Number(person.first('msDS-User-Account-Control-Computed') ?? 0) & lockout) === 0
    ? undefined
    : 'locked';
}

/** When an account of Active Directory ends by itself (`accountExpires`); `undefined`: never. */
export function adEnds(person: Found): Date | undefined {
  const text = person.first('accountExpires') ?? '0';
  if (!/^\d+$/.test(text)) return undefined;
  const ticks = BigInt(text);
  return ticks === 0n || ticks >= 0x7fffffffffffffffn ? undefined : dateOfTicks(ticks);
}

/** 100 nanoseconds since 1601, as Windows counts. */
function dateOfTicks(ticks: bigint): Date {
  return new Date(Number(ticks / 10_000n) - 11_644_473_600_000);
}

/** Whether these hours (168 bits, Sunday 0:00 UTC first) hold now; without any, always. */
function adHours(hours: Buffer | undefined, now: Date): boolean {
  if (hours?.length !== 21) return true;
  const hour = now.getUTCDay() * 24 + now.getUTCHours();
  return ((hours[hour >> 3] as number) & (1 << (hour & 7))) !== 0;
}

/** Why Active Directory refuses a bind: the Windows error after `data` in its words, which it gives when the password was right. */
export function adRefusal({ diagnostic }: { readonly diagnostic: string }): SignInRefusal {
  const code = /\bdata ([0-9a-f]+)\b/i.exec(diagnostic)?.[1]?.toLowerCase();
  return (code && adErrors[code]) || 'password';
}

const adErrors: Readonly<Record<string, SignInRefusal>> = {
  '525': 'unknown',
  '52e': 'password',
  // Not at these hours; not from this machine.
  '530': 'hours',
  '531': 'disabled',
  '532': 'must-change',
  '533': 'disabled',
  '701': 'expired',
  '773': 'must-change',
  '775': 'locked',
};

/** What is read of a person of another directory to know how their account stands. */
export const ldapAccount = [
  'pwdAccountLockedTime',
  'pwdStartTime',
  'pwdEndTime',
  'pwdReset',
  'shadowExpire',
  'nsAccountLock',
  'krbPrincipalExpiration',
] as const;

/** How an account stands: OpenLDAP's ppolicy (slapo-ppolicy), RFC 2307 (shadow), 389 and FreeIPA. */
export function ldapStanding(person: Found, now: Date): Standing {
  const locked = person.first('pwdAccountLockedTime');
  // "For ever" is an administrator's word; another time ends by itself, and the server knows when.
  if (locked === forEver || person.first('nsAccountLock')?.toLowerCase() === 'true') return 'disabled';
  const starts = dateOf(person.first('pwdStartTime'));
  if (starts && starts > now) return 'disabled';
  const ends = ldapEnds(person);
  if (ends && ends <= now) return 'expired';
  if (person.first('pwdReset')?.toLowerCase() === 'true') return 'must-change';
  return locked === undefined ? undefined : 'locked';
}

const forEver = '000001010000Z';

/** When an account ends by itself: the earliest of what says so. */
export function ldapEnds(person: Found): Date | undefined {
  const days = person.first('shadowExpire');
  const ends = [
    dateOf(person.first('pwdEndTime')),
    dateOf(person.first('krbPrincipalExpiration')),
    // Days since 1970; negative: never.
    days !== undefined && /^\d+$/.test(days) ? new Date(Number(days) * 86_400_000) : undefined,
  ].flatMap((each) => (each ? [each.getTime()] : []));
  return ends.length === 0 ? undefined : new Date(Math.min(...ends));
}

/** GeneralizedTime in UTC (RFC 4517 §3.3.13), seconds or not. */
function dateOf(text: string | undefined): Date | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?Z$/.exec(text ?? '');
  if (!found) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1).map((each) => Number(each ?? 0));
  return new Date(
    Date.UTC(
      year as number,
      (month as number) - 1,
      day as number,
      hour as number,
      minute as number,
      second as number,
    ),
  );
}

/** Why another directory refuses a bind: its password policy's word, where it gives one. */
export function ldapRefusal(
  answer: Extract<BindAnswer, { accepted: false }>,
  standing: Standing,
): SignInRefusal {
  if (answer.policy === 'locked') return standing === 'disabled' ? 'disabled' : 'locked';
  if (answer.policy === 'expired') return 'must-change';
  // 389 and others say so in words of their own, or only in the entry.
  return answer.policy ?? standing ?? 'password';
}
