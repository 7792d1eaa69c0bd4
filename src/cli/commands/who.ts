import type { Command } from 'commander';
import { hasEnded } from '../../lib/access.ts';
import { changes, holds } from '../../lib/admission.ts';
import { secondFactorWords } from '../../lib/admission-words.ts';
import { momentWords, ruleWords } from '../../lib/audience-words.ts';
import { harmless, oneLine } from '../../lib/harmless.ts';
import { networkText } from '../../lib/ip.ts';
import type { AudienceRule } from '../../model/audience.ts';
import { cutTargetText } from '../../model/cut.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Publication, Site } from '../../model/site.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { descriptionFile, requireSite } from '../description.ts';
import { endWith } from '../errors.ts';
import { exit, WrongRequest } from '../exit.ts';
import { publicationNamed } from '../publication-named.ts';
import { table } from '../table.ts';
import { becomeInstalled } from '../with-gateway.ts';
import { askWhoHere, isAbout, type WhoHere } from './who-here.ts';

interface WhoOptions extends CommonOptions {
  readonly described?: boolean;
}

/**
 * `poterne who can reach NAME`: the audience of a publication, whom of the people that are known each rule means, and what this machine's
 * gateway adds: guests, approvals, what is cut off, bans.
 */
export function who(context: Context): Command {
  const { t } = context;
  return command(context, 'who', 'who.about', [
    'who can reach erp.example.fr',
    'who can reach erp.example.fr site.yaml --json',
  ])
    .usage(t('who.usage'))
    .argument('<words...>', t('who.words'))
    .option('--described', t('why.described'))
    .action(async (words: readonly string[], options: WhoOptions) => {
      const [can, reach, name, asked, ...rest] = words;
      if (can !== 'can' || reach !== 'reach' || name === undefined || rest.length > 0)
        throw new WrongRequest('who.form', {}, { next: message('who.form.next') });
      const file = descriptionFile(asked);
      if (!options.described) await becomeInstalled(file);
      const { site } = await requireSite(context, file, options.json);
      const publication = publicationNamed(site, name);
      const now = new Date();
      const told = tellOf(site, publication, now);
      const state = stateFolder(options.state, process.env);
      const here = options.described
        ? undefined
        : await askWhoHere(state, site, publication, now).catch((error: unknown) => {
            if (error instanceof Fault) return error;
            throw error;
          });
      const known = here instanceof Fault ? undefined : here;
      if (options.json)
        context.out(
          JSON.stringify({ ...told, ...(known ? { here: known } : {}), asked: { gateway: !!known } }),
        );
      else show(context, site, told, known);
      process.exitCode = exit.done;
      if (here instanceof Fault) {
        if (!options.json) context.err(t('who.asked.not'));
        process.exitCode = endWith(context, here, false);
      } else if (!options.json) context.out(t(known ? 'who.asked.gateway' : 'who.asked.description'));
    });
}

/** Who can reach a publication, in the description's words. */
interface Told {
  readonly name: string;
  /** Without rules: zones, networks or everyone, who need not sign in. */
  readonly from?: readonly string[];
  readonly rules?: readonly {
    readonly verdict: AudienceRule['verdict'];
    readonly rule: string;
    /** Described people whom it means; of directories, who is in a group is not known here. */
    readonly people: readonly string[];
    /** Directories that give one of its groups. */
    readonly directories: readonly string[];
    /** Of a rule with hours: whether it is its time, and when that changes. */
    readonly now?: { readonly open: boolean; readonly until?: Date };
  }[];
  /** Whom the site asks for a second factor besides, whatever the rules say. */
  readonly secondFactor?: readonly string[];
}

function tellOf(site: Site, { name, audience }: Publication, now: Date): Told {
  if (!audience.rules) return { name, from: audience.from };
  return {
    name,
    rules: audience.rules.map((rule) => ({
      verdict: rule.verdict,
      rule: ruleWords(rule, site.timezone) || 'everyone',
      people: peopleOf(site, rule, now),
      directories: directoriesOf(site, rule),
      ...(rule.when ? { now: timeOf(rule.when, now) } : {}),
    })),
    secondFactor: (site.signIn?.secondFactor.required ?? []).map(secondFactorWords),
  };
}

function timeOf(when: NonNullable<AudienceRule['when']>, now: Date) {
  const until = changes(when, now);
  return { open: holds(when, now), ...(until ? { until } : {}) };
}

function peopleOf(site: Site, { subject }: AudienceRule, now: Date): readonly string[] {
  return site.people
    .filter((person) => !hasEnded(site, person, now) && isAbout(subject, person))
    .map(({ name }) => name);
}

function directoriesOf({ directories = [] }: Site, { subject }: AudienceRule): readonly string[] {
  if (!subject) return [];
  return directories
    .filter(
      ({ name, groups }) =>
        subject.signedIn ||
        subject.groups.some((group) => Object.hasOwn(groups, group)) ||
        subject.people.some((person) => person.endsWith(`@${name}`)),
    )
    .map(({ name }) => name);
}

function show(
  context: Context,
  site: Site,
  { name, from, rules = [], secondFactor = [] }: Told,
  here: WhoHere | undefined,
): void {
  const { t, out } = context;
  if (from)
    out(
      t('who.open', {
        name,
        from: from.map((each) => (each === 'everyone' ? t('docs.everyone') : each)).join(', '),
      }),
    );
  else {
    const isTimed = rules.some(({ now }) => now);
    const rows = rules.map(({ verdict, rule, people, directories, now }, i) => {
      const guests = (here?.guests ?? []).filter((guest) => guest.rules.includes(i + 1));
      const named = [
        ...people,
        ...guests.map((guest) => t('who.guest', { name: guest.name })),
        ...directories.map((directory) => t('who.directory', { directory })),
      ];
      return [
        String(i + 1),
        t(verdict === 'allow' ? 'who.allow' : 'who.deny'),
        rule.replace(/^deny: true;? ?/, '') || t('docs.everyone'),
        named.join(', ') || '–',
        ...(isTimed ? [nowWords(context, site, now)] : []),
      ];
    });
    out(t('who.rules', { name }));
    out(
      table(
        [
          ...[t('who.head.number'), t('who.head.verdict'), t('who.head.rule'), t('who.head.people')],
          ...(isTimed ? [t('who.head.now')] : []),
        ],
        rows,
      ),
    );
  }
  if (secondFactor.length > 0) out(t('who.factors', { whom: secondFactor.join(' / ') }));
  const added = here ? addedBy(context, site, here) : [];
  if (added.length > 0) out([t('who.added'), ...added.map((each) => `  - ${each}`)].join('\n'));
  if (rules.some(({ directories }) => directories.length > 0)) out(t('who.directories', { name }));
}

function nowWords(
  { t }: Context,
  { timezone }: Site,
  now: { open: boolean; until?: Date } | undefined,
): string {
  if (!now) return t('who.now.always');
  const until = now.until && momentWords(now.until, timezone);
  if (until === undefined) return t(now.open ? 'who.now.open' : 'who.now.over');
  return t(now.open ? 'who.now.until' : 'who.now.shut', { until });
}

/** What the gateway adds, a sentence each. */
function addedBy(
  { t }: Context,
  { timezone }: Site,
  { guests, approvals, held, cuts, bans }: WhoHere,
): readonly string[] {
  const moment = (at: Date | string) => momentWords(new Date(at), timezone);
  return [
    ...cuts.map((cut) => {
      const params = { what: cutTargetText(cut.target), at: moment(cut.at), by: cut.by, reason: cut.reason };
      return cut.until === undefined
        ? t('why.cut', params)
        : t('who.cut.until', { ...params, until: moment(cut.until) });
    }),
    ...approvals.map(({ person, rule, by, until }) =>
      t('who.approved', { person, rule, by, until: moment(until) }),
    ),
    ...guests.map(({ name, groups, until }) =>
      t('who.guest.until', { name, groups: groups.join(', ') || '–', until: moment(until) }),
    ),
    ...held.map(({ person, until }) =>
      until ? t('who.held.waits', { person, until: moment(until) }) : t('who.held.password', { person }),
    ),
    ...bans.map(({ network, until, reason }) =>
      t(until === undefined ? 'who.banned' : 'who.banned.until', {
        network: networkText(network),
        reason,
        until: until === undefined ? '' : moment(until),
      }),
    ),
  ].map((text) => oneLine(harmless(text)));
}
