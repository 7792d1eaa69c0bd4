import { isPrivate, parseNetwork } from '../lib/ip.ts';
import { idParts } from '../lib/user-id.ts';
import { message } from '../model/message.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import { checkHidden } from './check-hidden.ts';
import { checkFrom, checkGroups } from './check-sign-in.ts';
import { type AudienceContext, checkWhen } from './check-when.ts';
import type { Checking } from './checking.ts';
import { regexOf } from './names.ts';
import type { AudienceRuleEntry } from './schema/audience.ts';
import { wordsOf } from './schema/tls.ts';
import type { PublicationEntry } from './schema.ts';

/** How long an approval may hold, in milliseconds. */
const approvals = { least: 60_000, most: 366 * 86_400_000 };

/** Who may reach a publication: whom its audience names, and whether that can be as it is written. */
export function checkAudience(
  checking: Checking,
  context: AudienceContext,
  name: string,
  publication: PublicationEntry,
  at: Pointer,
): void {
  const { report, whole } = checking;
  const { audience } = publication;
  if (publication['signed-identity'] && !Array.isArray(audience))
    report('error', {
      code: 'audience.identity.nobody',
      params: { name },
      pointer: `${at}/signed-identity`,
      hint: message('audience.identity.nobody.hint'),
    });
  if (audience === undefined) {
    if (whole(at))
      report('note', {
        code: 'audience.missing',
        params: { name },
        pointer: at,
        onKey: true,
        hint: message('audience.missing.hint'),
      });
    return;
  }
  if (audience === 'everyone') return;
  if (Array.isArray(audience)) checkRules(checking, context, name, publication, audience, `${at}/audience`);
  else checkFrom(checking, audience.from, `${at}/audience/from`, 'networks');
}

function checkRules(
  checking: Checking,
  context: AudienceContext,
  name: string,
  publication: PublicationEntry,
  rules: readonly AudienceRuleEntry[],
  at: Pointer,
): void {
  const { parsed, sources, report, whole } = checking;
  if (publication.scenario === 'direct')
    report('error', {
      code: 'audience.direct',
      params: { name },
      pointer: at,
      onKey: true,
      hint: message('audience.direct.hint'),
    });
  for (const [i, rule] of rules.entries()) {
    checkRule(checking, context, publication, rule, `${at}/${i}`);
    if (Object.keys(rule).length === 0 && whole(pointer('publications', name)))
      report('error', {
        code: 'audience.empty',
        params: {},
        pointer: `${at}/${i}`,
        hint: message('audience.empty.hint'),
      });
  }
  const first = rules.findIndex(needsSignIn);
  if (first >= 0 && !parsed.site?.['sign-in'] && !('sign-in' in sources.root))
    report('error', {
      code: 'sign-in.missing',
      params: { name },
      pointer: `${at}/${first}`,
      hint: message('sign-in.missing.hint'),
    });
  if (rules.every(({ deny }) => deny))
    report('error', {
      code: 'audience.deny.only',
      params: { name },
      pointer: at,
      onKey: true,
      hint: message('audience.deny.only.hint'),
    });
  else checkHidden(checking, context, name, rules, at);
}

/** Whether a rule speaks of people, who must have signed in. */
export const needsSignIn = (rule: AudienceRuleEntry): boolean =>
  rule.groups !== undefined || rule.people !== undefined || rule['signed-in'] !== undefined;

function checkRule(
  checking: Checking,
  context: AudienceContext,
  publication: PublicationEntry,
  rule: AudienceRuleEntry,
  at: Pointer,
): void {
  const { parsed, sources, report } = checking;
  checkGroups(checking, rule.groups ?? [], `${at}/groups`);
  checkPeople(checking, rule.people ?? [], `${at}/people`);
  checkFrom(checking, rule.from ?? [], `${at}/from`);
  checkCertificate(checking, publication, rule, at);
  checkWhen(checking, context, rule, at);
  checkPaths(checking, publication, rule.paths ?? [], `${at}/paths`);
  if (rule.countries !== undefined && parsed.site?.countries === undefined && !('countries' in sources.root))
    report('error', {
      code: 'countries.missing',
      params: {},
      pointer: `${at}/countries`,
      onKey: true,
      hint: message('countries.hint'),
    });
  if (rule.countries !== undefined && rule.from?.every((who) => isInside(checking, who)))
    report('warning', {
      code: 'audience.countries.inside',
      params: {},
      pointer: `${at}/countries`,
      onKey: true,
      hint: message('audience.countries.inside.hint'),
    });
  for (const key of ['mfa', 'approval'] as const) {
    if (rule[key] === undefined) continue;
    if (rule.deny)
      report('error', { code: 'audience.deny.asks', params: { key }, pointer: `${at}/${key}`, onKey: true });
    else if (!needsSignIn(rule))
      report('error', {
        code: 'audience.asks.nobody',
        params: { key },
        pointer: `${at}/${key}`,
        onKey: true,
        hint: message('audience.asks.nobody.hint'),
      });
  }
  if (rule.approval === undefined) return;
  const { by, for: lasts } = rule.approval;
  checkGroups(checking, by.groups ?? [], `${at}/approval/by/groups`);
  checkPeople(checking, by.people ?? [], `${at}/approval/by/people`);
  if (by.groups === undefined && by.people === undefined)
    report('error', { code: 'audience.approval.by', params: {}, pointer: `${at}/approval/by`, onKey: true });
  if (lasts < approvals.least || lasts > approvals.most)
    report('error', { code: 'audience.approval.for', params: {}, pointer: `${at}/approval/for` });
  // What the described people are called is known; of a directory, who is in a group is not.
  const alone = by.groups === undefined && by.people?.length === 1 ? by.people[0] : undefined;
  if (alone !== undefined && rule.groups === undefined && rule.people?.every((who) => who === alone))
    report('error', { code: 'audience.approval.self', params: {}, pointer: `${at}/approval/by` });
}

/** Whether somebody from there has no country: within a zone, or a private range. */
function isInside({ parsed }: Checking, who: string): boolean {
  const network = parseNetwork(who);
  return parsed.zones.has(who) || (network !== undefined && isPrivate(network));
}

/** `alice` is described; of `carol@ad` only the directory is. */
function checkPeople({ parsed, report, reference }: Checking, people: readonly string[], at: Pointer): void {
  for (const [i, who] of people.entries()) {
    const here = `${at}/${i}`;
    if (people.indexOf(who) < i)
      report('warning', { code: 'value.twice', params: { value: who }, pointer: here });
    const directory = idParts(who).source;
    if (directory === undefined) reference('people', who, here);
    else if (!parsed.names.directories.includes(directory)) reference('directories', directory, here);
  }
}

function checkCertificate(
  { parsed, report, reference }: Checking,
  publication: PublicationEntry,
  rule: AudienceRuleEntry,
  at: Pointer,
): void {
  const { certificate } = rule;
  if (certificate === undefined) return;
  const here = `${at}/certificate`;
  reference('tls-configurations', certificate, here);
  const entry = parsed['tls-configurations'].get(certificate);
  const { server, client } = entry ? wordsOf(entry) : { server: [], client: [] };
  if (entry && server.length === 0 && client.length > 0)
    report('error', {
      code: 'tls-configuration.client',
      params: { name: certificate },
      pointer: here,
      hint: message('tls-configuration.client.hint'),
    });
  const asked = [
    publication['tls-configuration'],
    ...Object.values(publication.routes ?? {}).map((route) => route['tls-configuration']),
    ...(Array.isArray(publication.audience) ? publication.audience : []).map((each) => each.certificate),
  ].find((name) => name !== undefined && name !== certificate);
  // A server asks for the certificates of one set of authorities.
  if (asked !== undefined)
    report('error', {
      code: 'audience.certificate.other',
      params: { name: certificate, other: asked },
      pointer: here,
    });
  if (needsSignIn(rule))
    report('error', {
      code: 'audience.certificate.both',
      params: {},
      pointer: here,
      onKey: true,
      hint: message('audience.certificate.both.hint'),
    });
}

/** A path that no route leads to lets nobody in anywhere. */
function checkPaths(
  { report }: Checking,
  { service, routes }: PublicationEntry,
  paths: readonly string[],
  at: Pointer,
): void {
  const keys = service === undefined ? Object.keys(routes ?? {}) : ['/'];
  for (const [i, path] of paths.entries()) {
    const here = `${at}/${i}`;
    if (!path.endsWith('/'))
      report('error', {
        code: 'audience.path.slash',
        params: { path },
        pointer: here,
        hint: message('audience.path.slash.hint', { path }),
      });
    else if (
      keys.length > 0 &&
      keys.every((key) => !regexOf(key) && !path.startsWith(key) && !key.startsWith(path))
    )
      report('warning', { code: 'audience.path.unrouted', params: { path }, pointer: here });
  }
}
