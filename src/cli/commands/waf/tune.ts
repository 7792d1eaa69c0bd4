import { existsSync } from 'node:fs';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { createTwoFilesPatch } from 'diff';
import { activeManifest } from '../../../daemon/gateway.ts';
import { type Walled, walled } from '../../../daemon/waf/log.ts';
import type { Tuned } from '../../../daemon/waf/tune.ts';
import type { Cost, Weighed } from '../../../daemon/waf/weigh.ts';
import { type WrittenExclusion, withExclusions } from '../../../describe/add-exclusions.ts';
import { describe, sourceOf } from '../../../describe/index.ts';
import { installation } from '../../../hosts/installation.ts';
import { isSumRule } from '../../../lib/waf-log.ts';
import { Fault } from '../../../model/fault.ts';
import { message } from '../../../model/message.ts';
import type { Site } from '../../../model/site.ts';
import type { Attack } from '../../../waf/attacks.ts';
import type { Exclusion } from '../../../waf/proposals.ts';
import type { Context } from '../../context.ts';
import { type DescribedSite, requireSite } from '../../description.ts';
import { exit, WrongRequest } from '../../exit.ts';
import { progressLine } from '../../gateway-answer.ts';
import { interruption } from '../../interruption.ts';
import { publicationNamed } from '../../publication-named.ts';
import { type GatewayOptions, gatewayCommand } from '../../reach.ts';
import { askGateway, withWall } from '../../waf-at.ts';

interface TuneOptions extends GatewayOptions {
  readonly reference?: string;
  readonly rule?: string;
  readonly path?: string;
  readonly parameter?: string;
  readonly request?: string;
  readonly samples: string;
  readonly proposal: string;
  readonly why?: string;
  readonly write?: boolean;
}

/** Attack samples of Poterne's own writing. */
const ownSamples = join(installation, 'src', 'waf', 'samples');

/** `poterne waf tune`: the narrowest exclusion for a false positive, with what it costs, as a change of the description. */
export function wafTune(context: Context): Command {
  const { t } = context;
  return gatewayCommand(context, 'tune', 'waf.tune.about', [
    'waf tune erp.example.fr --reference 701d97570632d38610268e84fff5bd72',
    'waf tune erp.example.fr --rule 942100 --path /search --parameter q',
    'waf tune erp.example.fr --rule 932115 --path /notes/ --parameter text --request note.http',
    'waf tune erp.example.fr --reference 701d97570632d38610268e84fff5bd72 --why "articles of law" --write',
  ])
    .usage(t('waf.tune.usage'))
    .argument('<name>', t('waf.name'))
    .addOption(
      new Option('--reference <id>', t('waf.tune.reference')).conflicts(['rule', 'path', 'parameter']),
    )
    .option('--rule <id>', t('waf.tune.rule'))
    .option('--path <path>', t('waf.tune.path'))
    .option('--parameter <name>', t('waf.tune.parameter'))
    .option('--request <file>', t('waf.tune.request'))
    .option('--samples <path>', t('waf.tune.samples'), ownSamples)
    .option('--proposal <number>', t('waf.tune.proposal'), '1')
    .option('--why <text>', t('waf.tune.why'))
    .option('--write', t('waf.tune.write'))
    .action(async (name: string, options: TuneOptions) => {
      const described = await requireSite(context, options.site, options.json);
      const publication = withWall(described.site, publicationNamed(described.site, name));
      const tuned = await tunedBy(context, options, described.site, publication);
      const why = options.why ?? t('waf.tune.default', { what: options.reference ?? `${options.rule}` });
      const edits = await Promise.all(
        tuned.proposals.map(({ exclusions }) => editOf(described, publication, exclusions, why)),
      );
      const chosen = Number(options.proposal);
      const edit = edits[chosen - 1];
      if (!edit || !Number.isInteger(chosen))
        throw new WrongRequest('waf.tune.proposal.form', { value: options.proposal, count: edits.length });
      if (options.write && edit.after === undefined) throw cannotEdit(edit);
      const written = options.write ? await write(options.site, edit) : undefined;
      if (options.json) {
        const proposals = tuned.proposals.map((each, n) => ({ ...each, diff: diffOf(edits[n] as Edit) }));
        context.out(JSON.stringify({ ...tuned, proposals, ...(written ? { written } : {}) }));
      } else show(context, tuned, edits, chosen, written);
      // It is for this that it was asked.
      if (tuned.proposals[chosen - 1]?.mistake === 'refused') process.exitCode = exit.failed;
    });
}

/** Hidden: what `tune` has the gateway do where that is another machine; what is asked comes by standard input. */
export function wafTrial(context: Context): Command {
  return gatewayCommand(context, 'trial', 'waf.tune.about', []).action(async (options: GatewayOptions) => {
    const tuned = await askGateway(context, options, async (state) => {
      // Read by the process that works: this one may have gone on as the gateway's account.
      const { publication, ask, attacks, given } = JSON.parse(await text(process.stdin)) as Carried;
      const site = (await activeManifest(state))?.site;
      if (!site) throw new Fault('waf.unserved', { state }, { next: message('waf.unserved.next') });
      const { tune } = await import('../../../daemon/waf/tune.ts');
      const asked = given === undefined ? ask : { ...ask, given: Buffer.from(given, 'base64') };
      const tell = (done: number, total: number) => context.err(progressLine({ done, total }));
      return tune(state, withPublication(site, publication), publication, asked, { attacks, tell });
    });
    context.out(JSON.stringify(tuned));
  });
}

type Asked = { readonly reference: string } | { readonly exclusion: Exclusion };

/** What goes to the gateway: the publication as it is described here, and what it is weighed with. */
interface Carried {
  readonly publication: Walled;
  readonly ask: Asked;
  readonly attacks: readonly Attack[];
  /** A request as bytes, in base64. */
  readonly given?: string;
}

async function tunedBy(
  context: Context,
  options: TuneOptions,
  site: Site,
  publication: Walled,
): Promise<Tuned> {
  const ask = askOf(options);
  const given = options.request === undefined ? undefined : await readGiven(options.request);
  if (!existsSync(options.samples))
    throw new WrongRequest('waf.tune.samples.missing', { path: options.samples });
  const { attacksIn, tune } = await import('../../../daemon/waf/tune.ts');
  const attacks = await attacksIn(options.samples);
  const last = { at: 0 };
  const tell = (done: number, total: number) => {
    if (options.json || Date.now() - last.at < 2000) return;
    last.at = Date.now();
    context.err(context.t('waf.tune.progress', { done, total }));
  };
  const stopping = interruption(() => {});
  try {
    const here = (state: string) =>
      tune(state, site, publication, given ? { ...ask, given } : ask, {
        ...{ attacks, tell, signal: stopping.signal },
      });
    const carried: Carried = {
      ...{ publication, ask, attacks },
      ...(given ? { given: given.toString('base64') } : {}),
    };
    return await askGateway(context, options, here, {
      words: ['trial'],
      input: carried,
      has: ['contributing', 'path', 'proposals'],
      tell,
    });
  } finally {
    stopping.end();
  }
}

function askOf({ reference, rule, path, parameter }: TuneOptions): Asked {
  if (reference !== undefined) {
    if (!/^[0-9a-f]{32}$/.test(reference))
      throw new WrongRequest(
        'waf.reference.form',
        { reference },
        { next: message('waf.reference.form.next') },
      );
    return { reference };
  }
  if (rule === undefined || path === undefined)
    throw new WrongRequest('waf.tune.what', {}, { next: message('waf.tune.what.next') });
  const wrong = (value: string, what: string) =>
    new WrongRequest('waf.tune.form', { value, what }, { next: message('waf.tune.form.next') });
  if (!/^[1-9]\d{0,6}$/.test(rule)) throw wrong(rule, 'rule');
  if (isSumRule(Number(rule)))
    throw new WrongRequest('waf.tune.sum', { rule }, { next: message('waf.tune.sum.next') });
  if (!path.startsWith('/')) throw wrong(path, 'path');
  if (parameter === undefined) return { exclusion: { rule: Number(rule), path } };
  const target = /^[A-Z_]+:/.test(parameter) ? parameter : `ARGS:${parameter}`;
  if (/[\s"',|\\]/.test(target)) throw wrong(parameter, 'target');
  return { exclusion: { rule: Number(rule), path, target } };
}

async function readGiven(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new WrongRequest('waf.tune.request.missing', { file, reason: cause.code ?? '' });
  });
}

const withPublication = (site: Site, publication: Walled): Site => ({
  ...site,
  publications: [...walled(site).filter(({ id }) => id !== publication.id), publication],
});

/** A change of one file of the description. */
interface Edit {
  readonly file: string;
  readonly before: string;
  /** Absent where it cannot be made by a program. */
  readonly after?: string;
  readonly exclusions: readonly WrittenExclusion[];
}

/** The exclusions in the file that has the publication. Throws `waf.tune.refused` where the description would not hold with them. */
async function editOf(
  { sources }: DescribedSite,
  publication: Walled,
  exclusions: readonly Exclusion[],
  why: string,
): Promise<Edit> {
  const source = sourceOf(sources, publication.pointer);
  if (!source) throw new Error(`no file has ${publication.pointer}`);
  const written = exclusions.map((each) => ({ ...each, why }));
  const after = withExclusions(source, publication.pointer, written);
  const edit = { file: source.path, before: source.text, exclusions: written };
  return after === undefined ? edit : { ...edit, after };
}

const shown = (file: string): string => {
  const near = relative(process.cwd(), file);
  return near.startsWith('..') ? file : near;
};

function diffOf({ file, before, after = before }: Edit): string {
  const name = shown(file);
  return createTwoFilesPatch(name, name, before, after, '', '', { context: 3 })
    .split('\n')
    .filter((line) => !/^(=+$|Index: )/.test(line))
    .join('\n');
}

function yamlOf(exclusions: readonly WrittenExclusion[]): string {
  // JSON is YAML.
  return ['exclusions:', ...exclusions.map((each) => `  - ${JSON.stringify(each)}`)].join('\n');
}

const cannotEdit = ({ file, exclusions }: Edit): Fault =>
  new Fault(
    'waf.tune.edit',
    { file: shown(file) },
    { next: message('waf.tune.edit.next', { text: yamlOf(exclusions) }) },
  );

/** Puts the file in place whole, with its own mode, and only where the description then holds; gives its name. */
async function write(main: string, { file, after = '' }: Edit): Promise<string> {
  const { mode } = await stat(file);
  const disk = {
    read: async (path: string) => (path === file ? after : await readFile(path, 'utf8')),
  };
  const { findings } = await describe(main, {
    files: { ...(await import('../../../describe/files.ts')).disk, ...disk },
  });
  const wrong = findings.find(({ severity }) => severity === 'error');
  if (wrong) throw new WrongRequest('waf.tune.refused', { reason: wrong.code });
  const beside = `${file}.poterne-new`;
  await writeFile(beside, after, { mode: mode & 0o777, flag: 'w' });
  await rename(beside, file);
  return shown(file);
}

function show(
  context: Context,
  tuned: Tuned,
  edits: readonly Edit[],
  chosen: number,
  written?: string,
): void {
  const { t, out, err } = context;
  const { contributing, path, proposals, replay } = tuned;
  const rules = contributing.map(({ rule, target }) => `${rule}${target ? ` (${target})` : ''}`).join(', ');
  out(t('waf.tune.found', { path, rules }));
  for (const [n, proposal] of proposals.entries()) out(`\n${proposalText(context, proposal, n + 1, replay)}`);
  const edit = edits[chosen - 1] as Edit;
  if (edit.after === undefined) {
    const { next } = cannotEdit(edit);
    out(`\n${t('waf.tune.edit', { file: shown(edit.file) })}`);
    if (next) err(t('cli.next', { text: context.say(next) }));
  } else if (written === undefined) {
    out(`\n${diffOf(edit)}`);
    err(t('cli.next', { text: t('waf.tune.next') }));
  } else {
    out(`\n${t('waf.tune.written', { file: written })}`);
    err(t('cli.next', { text: t('waf.tune.then', { file: written }) }));
  }
}

function proposalText({ t }: Context, proposal: Weighed, number: number, replay: Tuned['replay']): string {
  const { kind, exclusions, mistake, cost, elsewhere } = proposal;
  const title = { narrow: 'waf.tune.narrow', below: 'waf.tune.below', rule: 'waf.tune.off' } as const;
  return [
    t(title[kind], { number }),
    ...exclusions.map(({ rule, path, target }) =>
      t('waf.tune.exclusion', { rule, path, target: target ? ` (${target})` : '' }),
    ),
    mistake === 'passes'
      ? t(`waf.tune.mistake.passes.${replay ?? 'sent'}`)
      : t(`waf.tune.mistake.${mistake}`),
    ...cost.map((each) => costText(t, each)),
    t('waf.tune.elsewhere', { refused: elsewhere.refused, opened: elsewhere.opened.length }),
  ].join('\n');
}

/** The most names of attacks that are shown; `--json` has all. */
const most = 8;

function costText(t: Context['t'], { target, attacks, refused, opened }: Cost): string {
  const names = opened.slice(0, most).join(', ') + (opened.length > most ? ', …' : '');
  return t('waf.tune.cost', {
    ...{ target, attacks, refused, opened: opened.length },
    names: names === '' ? '.' : `${t('waf.tune.names', { names })}.`,
  });
}
