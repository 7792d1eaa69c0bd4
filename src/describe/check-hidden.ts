import { endOfAccess } from '../lib/access.ts';
import { contains } from '../lib/ip.ts';
import type { AudienceRule } from '../model/audience.ts';
import { message } from '../model/message.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type { AudienceContext } from './check-when.ts';
import type { Checking } from './checking.ts';
import type { Parsed } from './parse.ts';
import { resolveRule } from './resolve-audience.ts';
import type { AudienceRuleEntry } from './schema/audience.ts';

/** Rules that let in nobody, because everybody whom they mean is denied, or has left; and denials that do not reach everybody. */
export function checkHidden(
  { parsed, report, other }: Checking,
  { jobFiles, now }: AudienceContext,
  name: string,
  entries: readonly AudienceRuleEntry[],
  at: Pointer,
): void {
  const rules = entries.map((entry, i) => resolveRule(parsed, jobFiles, name, entry, `${at}/${i}`));
  const denials = rules.filter(({ verdict }) => verdict === 'deny');
  const letting = rules.filter(({ verdict }) => verdict === 'allow');
  for (const rule of letting) {
    const hiding = denials.find((denial) => hides(parsed, denial, rule));
    if (hiding)
      report('warning', {
        code: 'audience.hidden',
        params: {},
        pointer: rule.pointer,
        hint: other(hiding.pointer, false),
      });
    else if (haveLeft(parsed, rule, now))
      report('warning', { code: 'audience.left', params: {}, pointer: rule.pointer });
  }
  // Who shows a partner's certificate is a program, and nobody's way round a denial of people.
  const anonymous = letting.find(({ subject }) => subject === undefined);
  for (const denial of denials)
    if (denial.subject && denial.subject.certificate === undefined && anonymous)
      report('warning', {
        code: 'audience.deny.anonymous',
        params: {},
        pointer: denial.pointer,
        hint: message('audience.deny.anonymous.hint'),
      });
}

/** Whether everybody whom a rule lets in is denied. */
function hides(parsed: Parsed, denial: AudienceRule, rule: AudienceRule): boolean {
  const { networks, countries, when, paths } = denial;
  return (
    meansAll(parsed, denial, rule) &&
    (networks === undefined ||
      (rule.networks?.every((held) => networks.some((outer) => contains(outer, held))) ?? false)) &&
    (countries === undefined || (rule.countries?.every((each) => countries.includes(each)) ?? false)) &&
    (when === undefined || JSON.stringify(when) === JSON.stringify(rule.when)) &&
    (paths === undefined ||
      (rule.paths?.every((path) => paths.some((outer) => path.startsWith(outer))) ?? false))
  );
}

function meansAll(parsed: Parsed, { subject: denied }: AudienceRule, { subject }: AudienceRule): boolean {
  if (denied === undefined) return true;
  if (subject === undefined) return false;
  if (subject.certificate !== undefined) return subject.certificate === denied.certificate;
  if (denied.signedIn) return true;
  const groupsOf = (person: string) => parsed.people.get(person)?.groups ?? [];
  return (
    !subject.signedIn &&
    subject.groups.every((group) => denied.groups.includes(group)) &&
    subject.people.every(
      (person) =>
        denied.people.includes(person) || groupsOf(person).some((group) => denied.groups.includes(group)),
    )
  );
}

/** Whether a rule names people only, all of whom are described and have had their last day. */
function haveLeft(parsed: Parsed, { subject }: AudienceRule, now: Date): boolean {
  if (!subject || subject.signedIn || subject.groups.length > 0 || subject.people.length === 0) return false;
  const timezone = parsed.site?.timezone ?? 'UTC';
  return subject.people.every((name) => {
    const until = parsed.people.get(name)?.until;
    const person = { name, keys: [], groups: [], pointer: pointer('people', name) };
    const end = until === undefined ? undefined : endOfAccess({ timezone }, { ...person, until });
    return end !== undefined && now >= end;
  });
}
