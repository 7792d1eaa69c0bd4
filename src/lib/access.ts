import type { AccessKind, AccessRule, Bastion, Person } from '../model/access.ts';
import { type Message, message } from '../model/message.ts';
import type { Pointer } from '../model/pointer.ts';
import type { Site } from '../model/site.ts';
import { isWithin, nextChange } from './hours.ts';
import { momentOf } from './wall-clock.ts';

/** Somebody who wants to enter a machine as an account of it. */
export interface Entry {
  readonly person: string;
  readonly host: string;
  readonly account: string;
  readonly kind: AccessKind;
  readonly at: Date;
}

/** Whether they may. `until` is when to ask again: then this permission ends, and another may begin. */
export type Verdict =
  | { readonly allowed: true; readonly rule: Pointer; readonly until?: Date }
  | { readonly allowed: false; readonly why: Message };

type Described = Pick<Site, 'people' | 'hosts' | 'access' | 'bastion' | 'timezone'>;

/** Whether the rules of the description let somebody enter now; the one place where that is decided. */
export function mayEnter(site: Described, entry: Entry): Verdict {
  return decide(site, entry, site.access);
}

/** The same for break-glass: the description names those who may, and no hours hold; a person's last day does. */
export function mayBreakGlass(site: Described, entry: Entry): Verdict {
  const { breakGlass } = site.bastion ?? {};
  return decide(site, entry, breakGlass ? [breakGlass] : []);
}

function decide(
  site: Described,
  { person, host, account, kind, at }: Entry,
  rules: readonly AccessRule[],
): Verdict {
  const refuse = (why: Message): Verdict => ({ allowed: false, why });
  if (!site.bastion) return refuse(message('entry.bastion'));
  const known = site.people.find(({ name }) => name === person);
  if (!known) return refuse(message('entry.person.unknown', { person }));
  if (hasEnded(site, known, at))
    return refuse(message('entry.person.ended', { person, until: known.until ?? '' }));
  if (!site.hosts.some(({ name }) => name === host)) return refuse(message('entry.host.unknown', { host }));
  const there = rules.filter((rule) => rule.people.includes(person) && rule.hosts.includes(host));
  if (there.length === 0) return refuse(message('entry.none', { person, host }));
  const asAccount = there.filter((rule) => rule.as.includes(account));
  if (asAccount.length === 0) return refuse(message('entry.account', { person, host, account }));
  const forThis = asAccount.filter((rule) => rule.allow.includes(kind));
  if (forThis.length === 0)
    return refuse(
      message(kind === 'shell' ? 'entry.kind.shell' : 'entry.kind.files', { person, host, account }),
    );
  const ends = forThis
    .filter(({ when }) => !when || isWithin(when, at, site.timezone))
    .map((rule) => ({ rule, end: endOf(site, known, rule, at) }))
    .sort((a, b) => (b.end ?? Number.POSITIVE_INFINITY) - (a.end ?? Number.POSITIVE_INFINITY));
  const [longest] = ends;
  if (!longest) return refuse(message('entry.hours', { person, host, account }));
  const { rule, end } = longest;
  return { allowed: true, rule: rule.pointer, ...(end === undefined ? {} : { until: new Date(end) }) };
}

/** When a permission that holds now ends, in milliseconds since 1970; `undefined` when nothing ends it. */
function endOf({ timezone }: Described, person: Person, { when }: AccessRule, at: Date): number | undefined {
  const ends = [endOfAccess({ timezone }, person), when && nextChange(when, at, timezone)].flatMap(
    (end) => end?.getTime() ?? [],
  );
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** Whether a person's last day is over. */
export function hasEnded({ timezone }: Pick<Site, 'timezone'>, { until }: Person, at: Date): boolean {
  return until !== undefined && at >= endOfDay(until, timezone);
}

/** The first moment after a day (`2026-12-31`). */
function endOfDay(written: string, timezone: string): Date {
  const [year = 0, month = 0, day = 0] = written.split('-').map(Number);
  return momentOf({ year, month, day }, 1440, timezone);
}

/** A machine and an account that somebody may be there at some time. */
export interface Reachable {
  readonly host: string;
  readonly account: string;
  readonly rule: AccessRule;
}

/** Where somebody may enter by the rules, whatever the hour; for lists, and for what sshd lets them connect to. */
export function reachableBy({ access }: Pick<Site, 'access'>, person: string): readonly Reachable[] {
  return access
    .filter((rule) => rule.people.includes(person))
    .flatMap((rule) => rule.hosts.flatMap((host) => rule.as.map((account) => ({ host, account, rule }))));
}

/** A bastion that is set up: what signs for people and for hosts is known. */
export type SetUpBastion = Bastion & { readonly authority: string; readonly hostAuthority: string };

/** The bastion, once the description has its authority. */
export function bastionOf({ bastion }: Pick<Site, 'bastion'>): SetUpBastion | undefined {
  if (bastion?.authority === undefined || bastion.hostAuthority === undefined) return undefined;
  return bastion as SetUpBastion;
}

/** The machines that somebody may be led to at some time, by rules or by break-glass. */
export function mayReach(site: Pick<Site, 'access' | 'bastion'>, person: string): readonly string[] {
  const { breakGlass } = site.bastion ?? {};
  const glass = breakGlass?.people.includes(person) ? breakGlass.hosts : [];
  return [...new Set([...reachableBy(site, person).map(({ host }) => host), ...glass])];
}

/** When a person's access ends by itself. */
export function endOfAccess({ timezone }: Pick<Site, 'timezone'>, { until }: Person): Date | undefined {
  return until === undefined ? undefined : endOfDay(until, timezone);
}

/** The accounts of a host that somebody may be at some time, by rules or by break-glass. */
export function accountsOf(
  { access, bastion }: Pick<Site, 'access' | 'bastion'>,
  host: string,
): readonly string[] {
  const rules = [...access, ...(bastion?.breakGlass ? [bastion.breakGlass] : [])];
  return [...new Set(rules.filter((rule) => rule.hosts.includes(host)).flatMap((rule) => rule.as))].sort();
}
