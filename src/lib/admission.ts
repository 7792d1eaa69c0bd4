import type { Asking, AudienceRule, Refusal, RuleWhen, Verdict } from '../model/audience.ts';
import { message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { factsOf, lacksTold } from './admission-words.ts';
import { isOpen } from './calendar.ts';
import { isWithin, nextChange } from './hours.ts';
import { inNetwork, isPrivate, parseNetwork } from './ip.ts';
import { rootClass, speaksOf } from './path-class.ts';
import { zoneOf } from './zones.ts';

/** What the decision reads of the description. */
export type AdmissionSite = Pick<Site, 'publications' | 'zones' | 'signIn'>;

/** What a rule that lets in still lacks of somebody. */
export type Lack = Exclude<Refusal, 'denied' | 'cut' | 'ended'> | 'path' | 'certificate';

/** What nobody can do anything about by signing in, in the order of telling. */
const hard: readonly Lack[] = ['path', 'group', 'certificate', 'network', 'country', 'hours'];
const soft: readonly Lack[] = ['sign-in', 'second-factor', 'approval'];

/** A rule, and what it lacks; nothing: it holds. */
interface Judged {
  readonly rule: AudienceRule;
  readonly lacks: readonly Lack[];
}

/**
 * Whether somebody is let in to a publication now: one rule must let them in, and none deny. The one place where that is decided; pure, so
 * that the same question always has the same answer, which does not change by itself before `until`.
 */
export function admit(site: AdmissionSite, asking: Asking): Verdict {
  const publication = site.publications.find(({ id }) => id === asking.publication);
  if (!publication)
    return {
      admitted: false,
      why: 'denied',
      because: [message('why.publication', { name: asking.publication })],
    };
  const { audience } = publication;
  const { networks, rules } = audience;
  if (networks && !networks.some((network) => within(asking.address, network)))
    return {
      admitted: false,
      why: 'network',
      because: [message('why.door', { address: asking.address, from: audience.from.join(', ') })],
    };
  if (!rules) return { admitted: true, rule: audience.pointer, because: [message('why.everyone')] };
  return decide(site, rules, asking);
}

function decide(site: AdmissionSite, rules: readonly AudienceRule[], asking: Asking): Verdict {
  const judged = rules.map((rule): Judged => ({ rule, lacks: lacksOf(site, rule, asking) }));
  const denials = judged.filter(({ rule }) => rule.verdict === 'deny');
  const letting = judged.filter(({ rule }) => rule.verdict === 'allow');
  const denied = denials.filter(({ lacks }) => lacks.length === 0);
  const number = (rule: AudienceRule) => rules.indexOf(rule) + 1;
  if (denied.length > 0) {
    const ends = earliest(denied.flatMap(({ rule }) => changeOf(rule, asking.at) ?? []));
    return {
      admitted: false,
      why: 'denied',
      because: denied.flatMap(({ rule }) => [
        message('why.denies', { number: number(rule) }),
        ...factsOf(rule, asking),
      ]),
      ...(ends ? { until: ends } : {}),
    };
  }
  const holding = letting
    .filter(({ lacks }) => lacks.length === 0)
    .map(({ rule }) => ({ rule, end: endOf(rule, asking) }))
    .sort(
      (a, b) =>
        (b.end?.getTime() ?? Number.POSITIVE_INFINITY) - (a.end?.getTime() ?? Number.POSITIVE_INFINITY),
    );
  const [longest] = holding;
  if (longest) {
    // A denial that lacks nothing but its hours begins with them.
    const begins = denials
      .filter(({ lacks }) => lacks.every((lack) => lack === 'hours'))
      .flatMap(({ rule }) => changeOf(rule, asking.at) ?? []);
    const until = earliest([...begins, ...(longest.end ? [longest.end] : [])]);
    return {
      admitted: true,
      rule: longest.rule.pointer,
      because: [message('why.holds', { number: number(longest.rule) }), ...factsOf(longest.rule, asking)],
      ...(until ? { until } : {}),
    };
  }
  return refusal(site, letting, asking, number);
}

function refusal(
  site: AdmissionSite,
  letting: readonly Judged[],
  asking: Asking,
  number: (rule: AudienceRule) => number,
): Verdict {
  const nearest = [...letting].sort((a, b) => distance(a) - distance(b))[0];
  const first = [...hard, ...soft].find((lack) => nearest?.lacks.includes(lack)) ?? 'path';
  const begins = earliest(
    letting
      .filter(({ lacks }) => lacks.filter((lack) => hard.includes(lack)).join() === 'hours')
      .flatMap(({ rule }) => changeOf(rule, asking.at) ?? []),
  );
  const ask = first === 'approval' ? nearest?.rule : undefined;
  return {
    admitted: false,
    why: refusalOf(first, asking),
    because: letting.flatMap(({ rule, lacks }) => {
      const factor = rule.secondFactor ? undefined : secondFactorAsked(site, asking);
      return lacksTold(number(rule), rule, lacks, asking, factor);
    }),
    ...(begins ? { until: begins } : {}),
    ...(ask?.approval ? { ask: { rule: ask.id, approval: ask.approval } } : {}),
  };
}

/**
 * How far somebody is from a rule: one for which signing in, a factor or a word is enough is nearest, one that means them but not from here or
 * not now comes next, and then those that mean others.
 */
const distance = ({ lacks }: Judged): number => lacks.reduce((sum, lack) => sum + weightOf(lack), 0);

function weightOf(lack: Lack): number {
  if (lack === 'path') return 100_000;
  if (lack === 'group' || lack === 'certificate') return 1000;
  return hard.includes(lack) ? 100 : 1;
}

/** As pages and nginx are told. */
function refusalOf(lack: Lack, { user }: Asking): Refusal {
  if (lack === 'path' || lack === 'certificate') return user ? 'group' : 'denied';
  return lack;
}

/** What of a rule does not hold of somebody. */
function lacksOf(site: AdmissionSite, rule: AudienceRule, asking: Asking): readonly Lack[] {
  const lacks: Lack[] = [];
  if (!speaksOf(rule, asking.pathClass ?? rootClass)) lacks.push('path');
  if (rule.networks && !rule.networks.some((network) => within(asking.address, network)))
    lacks.push('network');
  if (rule.countries && !isFrom(site, rule, asking)) lacks.push('country');
  if (rule.when && !holds(rule.when, asking.at)) lacks.push('hours');
  const who = lacksSubject(rule, asking);
  if (who) lacks.push(who);
  if (rule.verdict === 'deny') return lacks;
  if (asksSecondFactor(site, rule, asking) && !asking.secondFactor) lacks.push('second-factor');
  if (rule.approval && !approvalOf(rule, asking)) lacks.push('approval');
  return lacks;
}

function lacksSubject({ subject, verdict }: AudienceRule, { user, certificate }: Asking): Lack | undefined {
  if (!subject) return undefined;
  if (subject.certificate !== undefined && subject.certificate === certificate) return undefined;
  const meansPeople = subject.signedIn || subject.people.length > 0 || subject.groups.length > 0;
  if (!meansPeople) return 'certificate';
  // Who has not signed in is nobody that a rule denies.
  if (!user) return verdict === 'deny' ? 'group' : 'sign-in';
  const isMeant =
    subject.signedIn ||
    subject.people.includes(user.id) ||
    subject.groups.some((group) => user.groups.includes(group));
  return isMeant ? undefined : 'group';
}

/** Whether this rule lets people in only with a second factor: it says so, or the site does of these people or from there. */
function asksSecondFactor(site: AdmissionSite, rule: AudienceRule, { user, address }: Asking): boolean {
  const { subject } = rule;
  const isOfPeople =
    subject !== undefined && (subject.signedIn || subject.people.length > 0 || subject.groups.length > 0);
  return rule.secondFactor || (isOfPeople && mustGiveSecondFactor(site, user?.groups ?? [], address));
}

/** Whether the site asks people of these groups, from there, for a second factor wherever they go. */
export const mustGiveSecondFactor = (
  site: Pick<Site, 'signIn'>,
  groups: readonly string[],
  address: string,
): boolean => requirement(site, groups, address) !== undefined;

/** What of the site asks somebody for a second factor wherever they go. */
const secondFactorAsked = (site: Pick<Site, 'signIn'>, { user, address }: Asking) =>
  requirement(site, user?.groups ?? [], address);

function requirement({ signIn }: Pick<Site, 'signIn'>, groups: readonly string[], address: string) {
  return (signIn?.secondFactor.required ?? []).find(
    (each) =>
      (each.groups?.some((group) => groups.includes(group)) ?? true) &&
      (each.networks?.some((network) => within(address, network)) ?? true),
  );
}

/**
 * Whether an address is of a rule's countries. What stands in a zone or is private is in none; of the rest, an address whose country nobody
 * knows is let in by no rule, and denied by every one that denies countries.
 */
function isFrom(site: AdmissionSite, { countries = [], verdict }: AudienceRule, asking: Asking): boolean {
  const network = parseNetwork(asking.address);
  if (network === undefined || isPrivate(network) || zoneOf(withoutWhole(site), network) !== undefined)
    return false;
  return asking.country === undefined ? verdict === 'deny' : countries.includes(asking.country);
}

/** A zone that holds every address says nothing of where one is. */
const withoutWhole = ({ zones }: AdmissionSite) => ({
  zones: zones.map(({ name, networks }) => ({
    name,
    networks: networks.filter((network) => !network.endsWith('/0')),
  })),
});

/** Whether a rule's time is now, and when that changes: the same for every visitor until then. */
interface Span {
  /** Milliseconds since 1970; it holds from the first moment up to the second. */
  readonly from: number;
  readonly to: number;
  readonly isNow: boolean;
  readonly change: Date | undefined;
}

/** Calendars and time zones cost more than all the rest of a decision. */
const spans = new WeakMap<RuleWhen, Span>();
const longestSpan = 3_600_000;

function spanAt(when: RuleWhen, at: Date): Span {
  const moment = at.getTime();
  const known = spans.get(when);
  if (known && known.from <= moment && moment < known.to) return known;
  const change = findChange(when, at);
  const to = Math.min(change?.getTime() ?? Number.POSITIVE_INFINITY, moment + longestSpan);
  const span = { from: moment, to, isNow: isTime(when, at), change };
  spans.set(when, span);
  return span;
}

/** Whether it is the time of a rule. */
export const holds = (when: RuleWhen, at: Date): boolean => spanAt(when, at).isNow;

/** When a rule's time next begins or ends. */
export const changes = (when: RuleWhen, at: Date): Date | undefined => spanAt(when, at).change;

function isTime(when: RuleWhen, at: Date): boolean {
  if (when.kind === 'once') return new Date(when.from) <= at && at < new Date(when.to);
  const { hours, timezone, calendar } = when;
  return isWithin(hours, at, timezone, calendar && ((day) => isOpen(calendar, day)));
}

function findChange(when: RuleWhen, at: Date): Date | undefined {
  if (when.kind === 'once') return [new Date(when.from), new Date(when.to)].find((moment) => moment > at);
  const { hours, timezone, calendar } = when;
  return nextChange(hours, at, timezone, calendar && ((day) => isOpen(calendar, day)));
}

const changeOf = ({ when }: AudienceRule, at: Date): Date | undefined => when && changes(when, at);

/** The approval by which a rule holds, the longest of several. */
function approvalOf({ id }: AudienceRule, { approvals = [], at }: Asking) {
  return approvals
    .filter(({ rule, until }) => rule === id && until > at)
    .sort((a, b) => b.until.getTime() - a.until.getTime())[0];
}

/** When a rule that holds stops to. */
function endOf(rule: AudienceRule, asking: Asking): Date | undefined {
  const approved = rule.approval && approvalOf(rule, asking)?.until;
  const change = changeOf(rule, asking.at);
  return earliest([...(approved ? [approved] : []), ...(change ? [change] : [])]);
}

const earliest = (moments: readonly Date[]): Date | undefined =>
  [...moments].sort((a, b) => a.getTime() - b.getTime())[0];

/** An address that is none lies nowhere. */
const within = (address: string, network: string): boolean =>
  parseNetwork(address) !== undefined && inNetwork(address, network);
