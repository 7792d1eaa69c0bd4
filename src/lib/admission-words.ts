import type { Asking, AudienceRule, RuleSubject } from '../model/audience.ts';
import { type Message, message } from '../model/message.ts';
import type { SignIn } from '../model/sign-in.ts';
import type { Lack } from './admission.ts';

type SecondFactorRule = SignIn['secondFactor']['required'][number];

/** What of a rule holds of somebody, one sentence each. */
export function factsOf(rule: AudienceRule, { user, certificate }: Asking): readonly Message[] {
  const { subject, from, countries, when, paths, approval } = rule;
  const isOfCertificate = subject?.certificate !== undefined && subject.certificate === certificate;
  const group = subject?.groups.find((each) => user?.groups.includes(each));
  const person =
    subject === undefined
      ? []
      : isOfCertificate
        ? [message('why.fact.certificate', { name: certificate ?? '' })]
        : subject.people.includes(user?.id ?? '')
          ? [message('why.fact.person', { person: user?.id ?? '' })]
          : group !== undefined
            ? [message('why.fact.group', { group })]
            : [message('why.fact.signed-in')];
  return [
    ...person,
    ...(from ? [message('why.fact.network', { from: from.join(', ') })] : []),
    ...(countries ? [message('why.fact.country', { countries: countries.join(', ') })] : []),
    ...(when ? [message('why.fact.hours')] : []),
    ...(paths ? [message('why.fact.path', { paths: paths.join(', ') })] : []),
    ...(rule.secondFactor ? [message('why.fact.second-factor')] : []),
    ...(approval ? [message('why.fact.approval')] : []),
  ];
}

/** What a rule lacks of somebody, one sentence each; `factor` is what asks for a second factor where the rule itself does not. */
export function lacksTold(
  number: number,
  rule: AudienceRule,
  lacks: readonly Lack[],
  { address, country }: Asking,
  factor?: SecondFactorRule,
): readonly Message[] {
  return lacks.map((lack) => {
    switch (lack) {
      case 'path':
        return message('why.lacks.path', { number, paths: (rule.paths ?? []).join(', ') });
      case 'group':
      case 'sign-in':
        return message(`why.lacks.${lack}`, { number, who: subjectWords(rule.subject) });
      case 'certificate':
        return message('why.lacks.certificate', { number, name: rule.subject?.certificate ?? '' });
      case 'network':
        return message('why.lacks.network', { number, address, from: (rule.from ?? []).join(', ') });
      case 'country':
        return country === undefined
          ? message('why.lacks.country.unknown', { number, address })
          : message('why.lacks.country', { number, country, countries: (rule.countries ?? []).join(', ') });
      case 'second-factor':
        return factor
          ? message('why.lacks.second-factor.site', { number, whom: secondFactorWords(factor) })
          : message('why.lacks.second-factor', { number });
      default:
        return message(`why.lacks.${lack}`, { number });
    }
  });
}

/** Whom the site asks for a second factor, in the description's words: `groups: admins; from: internet`. */
export const secondFactorWords = ({ groups, from }: SecondFactorRule): string =>
  [...(groups ? [`groups: ${groups.join(', ')}`] : []), ...(from ? [`from: ${from.join(', ')}`] : [])].join(
    '; ',
  );

/** Whom a rule speaks of, in the description's words. */
export function subjectWords(subject: RuleSubject | undefined): string {
  if (!subject) return 'everyone';
  const { groups, people, signedIn, certificate } = subject;
  return [
    ...groups.map((group) => `group ${group}`),
    ...people,
    ...(signedIn ? ['signed-in'] : []),
    ...(certificate === undefined ? [] : [`certificate ${certificate}`]),
  ].join(', ');
}
