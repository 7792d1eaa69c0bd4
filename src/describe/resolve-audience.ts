import { sha256 } from '../lib/digest.ts';
import { parseNetwork } from '../lib/ip.ts';
import { userIdOf } from '../lib/user-id.ts';
import { windowIn } from '../lib/windows.ts';
import type { AudienceRule, RuleSubject, RuleWhen } from '../model/audience.ts';
import type { Calendar } from '../model/job.ts';
import type { Pointer } from '../model/pointer.ts';
import type { Audience } from '../model/site.ts';
import type { JobFiles } from './job-files.ts';
import { normalName } from './names.ts';
import type { Parsed } from './parse.ts';
import { resolveCalendar } from './resolve-jobs.ts';
import { networksNamed } from './resolve-sign-in.ts';
import type { AudienceRuleEntry } from './schema/audience.ts';
import type { PublicationEntry } from './schema.ts';

/** All days, the whole day. */
const always = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];

/** Who may reach the publication that is written at a pointer under a name. */
export function resolveAudience(
  parsed: Parsed,
  files: JobFiles,
  name: string,
  { audience }: Pick<PublicationEntry, 'audience'>,
  at: Pointer,
): Audience {
  if (audience === undefined) return { from: ['everyone'], pointer: at };
  const here = `${at}/audience`;
  if (audience === 'everyone') return { from: ['everyone'], pointer: here };
  if (Array.isArray(audience)) return resolveRules(parsed, files, name, audience, here);
  const networks = audience.from.flatMap((who) => parsed.zones.get(who)?.networks ?? parseNetwork(who) ?? []);
  return { from: [...new Set(audience.from)], networks: [...new Set(networks)], pointer: here };
}

function resolveRules(
  parsed: Parsed,
  files: JobFiles,
  name: string,
  entries: readonly AudienceRuleEntry[],
  at: Pointer,
): Audience {
  const rules = entries.map((entry, i) => resolveRule(parsed, files, name, entry, `${at}/${i}`));
  const letting = rules.filter(({ verdict }) => verdict === 'allow');
  // Where every rule says from where, nothing else need get further than the door.
  const isLimited = letting.length > 0 && letting.every(({ from }) => from !== undefined);
  return {
    ...(isLimited
      ? {
          from: [...new Set(letting.flatMap(({ from = [] }) => from))],
          networks: [...new Set(letting.flatMap(({ networks = [] }) => networks))],
        }
      : { from: ['everyone'] }),
    rules,
    pointer: at,
  };
}

/** One rule of the audience of a publication. */
export function resolveRule(
  parsed: Parsed,
  files: JobFiles,
  name: string,
  entry: AudienceRuleEntry,
  at: Pointer,
): AudienceRule {
  const { from, countries, paths, approval } = entry;
  const subject = subjectOf(entry);
  const when = resolveWhen(parsed, files, entry.when);
  const rule = {
    verdict: entry.deny ? 'deny' : 'allow',
    ...(subject === undefined ? {} : { subject }),
    ...(from === undefined ? {} : { from: [...new Set(from)], networks: networksNamed(parsed, from) }),
    ...(countries === undefined ? {} : { countries: [...new Set(countries)] }),
    secondFactor: entry.mfa === 'required',
    ...(when === undefined ? {} : { when }),
    ...(paths === undefined ? {} : { paths: [...new Set(paths)] }),
    ...(approval === undefined
      ? {}
      : {
          approval: {
            people: idsOf(approval.by.people),
            groups: [...new Set(approval.by.groups ?? [])],
            lasts: approval.for,
          },
        }),
  } as const;
  const id = sha256(JSON.stringify([normalName(name), rule])).slice(0, 16);
  return { ...rule, id, pointer: at };
}

/** As sources have them: a denial of `Carol@ad` is one of `carol@ad`. */
const idsOf = (people: readonly string[] = []): readonly string[] => [...new Set(people.map(userIdOf))];

function subjectOf({ groups, people, certificate, ...entry }: AudienceRuleEntry): RuleSubject | undefined {
  const signedIn = entry['signed-in'] === true;
  if (groups === undefined && people === undefined && certificate === undefined && !signedIn)
    return undefined;
  return {
    people: idsOf(people),
    groups: [...new Set(groups ?? [])],
    signedIn,
    ...(certificate === undefined ? {} : { certificate }),
  };
}

/** When a rule holds, by whose clock; nothing where it always does. */
export function resolveWhen(
  parsed: Parsed,
  files: JobFiles,
  words: AudienceRuleEntry['when'],
): RuleWhen | undefined {
  if (words === undefined) return undefined;
  const timezone = words.timezone ?? parsed.site?.timezone ?? 'UTC';
  if (words.once) {
    const { from, to } = windowIn(words.once, timezone);
    return { kind: 'once', from: from.toISOString(), to: to.toISOString() };
  }
  const calendar = calendarOf(parsed, files, words.calendar);
  return { kind: 'weekly', hours: words.hours ?? always, ...(calendar ? { calendar } : {}), timezone };
}

function calendarOf(parsed: Parsed, files: JobFiles, name: string | undefined): Calendar | undefined {
  const entry = name === undefined ? undefined : parsed.calendars.get(name);
  return entry && resolveCalendar(name as string, entry, files);
}
