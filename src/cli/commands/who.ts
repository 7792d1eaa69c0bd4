import type { Command } from 'commander';
import { hasEnded } from '../../lib/access.ts';
import { ruleWords } from '../../lib/audience-words.ts';
import type { AudienceRule } from '../../model/audience.ts';
import { message } from '../../model/message.ts';
import type { Publication, Site } from '../../model/site.ts';
import { type CommonOptions, command } from '../command.ts';
import type { Context } from '../context.ts';
import { descriptionFile, requireSite } from '../description.ts';
import { exit, WrongRequest } from '../exit.ts';
import { publicationNamed } from '../publication-named.ts';
import { table } from '../table.ts';

/** `poterne who can reach NAME`: the audience of a publication, and whom of the described people each rule means. */
export function who(context: Context): Command {
  const { t } = context;
  return command(context, 'who', 'who.about', [
    'who can reach erp.example.fr',
    'who can reach erp.example.fr site.yaml --json',
  ])
    .usage(t('who.usage'))
    .argument('<words...>', t('who.words'))
    .action(async (words: readonly string[], options: CommonOptions) => {
      const [can, reach, name, file, ...rest] = words;
      if (can !== 'can' || reach !== 'reach' || name === undefined || rest.length > 0)
        throw new WrongRequest('who.form', {}, { next: message('who.form.next') });
      const { site } = await requireSite(context, descriptionFile(file), options.json);
      const publication = publicationNamed(site, name);
      const told = tellOf(site, publication);
      if (options.json) context.out(JSON.stringify(told));
      else show(context, told);
      process.exitCode = exit.done;
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
  }[];
}

function tellOf(site: Site, { name, audience }: Publication): Told {
  if (!audience.rules) return { name, from: audience.from };
  const now = new Date();
  return {
    name,
    rules: audience.rules.map((rule) => ({
      verdict: rule.verdict,
      rule: ruleWords(rule, site.timezone) || 'everyone',
      people: peopleOf(site, rule, now),
      directories: directoriesOf(site, rule),
    })),
  };
}

function peopleOf(site: Site, { subject }: AudienceRule, now: Date): readonly string[] {
  if (!subject) return [];
  return site.people
    .filter((person) => !hasEnded(site, person, now))
    .filter(
      ({ name, groups }) =>
        subject.signedIn ||
        subject.people.includes(name) ||
        groups.some((group) => subject.groups.includes(group)),
    )
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

function show({ t, out }: Context, { name, from, rules }: Told): void {
  if (from) {
    out(
      t('who.open', {
        name,
        from: from.map((each) => (each === 'everyone' ? t('docs.everyone') : each)).join(', '),
      }),
    );
    return;
  }
  const rows = (rules ?? []).map(({ verdict, rule, people, directories }, i) => [
    String(i + 1),
    t(verdict === 'allow' ? 'who.allow' : 'who.deny'),
    rule.replace(/^deny: true;? ?/, '') || t('docs.everyone'),
    [...people, ...directories.map((directory) => t('who.directory', { directory }))].join(', ') || '–',
  ]);
  out(t('who.rules', { name }));
  out(table([t('who.head.number'), t('who.head.verdict'), t('who.head.rule'), t('who.head.people')], rows));
}
