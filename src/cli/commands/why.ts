import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { endOfAccess } from '../../lib/access.ts';
import { admit } from '../../lib/admission.ts';
import { momentWords } from '../../lib/audience-words.ts';
import { isDay, momentOn } from '../../lib/dates.ts';
import { parseTime } from '../../lib/hours.ts';
import { isAddress } from '../../lib/ip.ts';
import { classOf } from '../../lib/path-class.ts';
import { idParts } from '../../lib/user-id.ts';
import type { Asking, Refusal, Verdict } from '../../model/audience.ts';
import { type Cut, cutTargetText } from '../../model/cut.ts';
import { type Message, message } from '../../model/message.ts';
import type { Publication, Site } from '../../model/site.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { descriptionFile, requireSite } from '../description.ts';
import { exit, WrongRequest } from '../exit.ts';
import { publicationNamed } from '../publication-named.ts';
import { becomeInstalled } from '../with-gateway.ts';
import { askHere, type KnownHere } from './why-here.ts';

interface WhyOptions extends CommonOptions {
  readonly from: string;
  readonly at?: string;
  readonly path: string;
  readonly groups?: string;
  readonly secondFactor?: boolean;
  readonly certificate?: string;
  readonly country?: string;
  readonly described?: boolean;
}

/** What one calls whoever has not signed in; nobody can be called so (it is an account of Debian's). */
const nobody = 'nobody';

/** `poterne why`: whether somebody would be let in, and why: by the description, and by what this machine's gateway knows beside it. */
export function why(context: Context): Command {
  const { t } = context;
  return command(context, 'why', 'why.about', [
    'why alice erp.example.fr --from 10.0.0.7',
    'why alice erp.example.fr --from 198.51.100.7 --at "2026-12-24 21:00" --second-factor',
    'why carol@ad erp.example.fr --groups staff --from 10.0.0.7 --path /rfe/',
    'why nobody erp.example.fr --from 192.0.2.1 --json',
  ])
    .usage(t('why.usage'))
    .argument('<user>', t('why.user'))
    .argument('<name>', t('why.name'))
    .argument('[file]', t('user.site'))
    .requiredOption('--from <address>', t('why.from'))
    .option('--at <time>', t('why.at'))
    .option('--path <path>', t('why.path'), '/')
    .option('--groups <list>', t('why.groups'))
    .option('--second-factor', t('why.second-factor'))
    .option('--certificate <name>', t('why.certificate'))
    .addOption(new Option('--country <code>', t('why.country')).argParser((code) => code.toUpperCase()))
    .option('--described', t('why.described'))
    .action(async (user: string, name: string, asked: string | undefined, options: WhyOptions) => {
      const file = descriptionFile(asked);
      if (!options.described) await becomeInstalled(file);
      const { site } = await requireSite(context, file, options.json);
      const publication = publicationNamed(site, name);
      const { asking, here } = await askingOf(site, publication, user, options);
      const verdict = decide(site, user, asking, here);
      const told = { site, publication, user, asking, here, verdict };
      if (options.json) context.out(JSON.stringify(asJson(context, told)));
      else tell(context, told);
      if (!verdict.admitted) process.exitCode = exit.failed;
    });
}

/** The one decision, after what keeps somebody out altogether. */
function decide(site: Site, user: string, asking: Asking, here: KnownHere | undefined): Verdict {
  const cuts = here?.cuts ?? [];
  if (cuts.length > 0) return { admitted: false, why: 'cut', because: cuts.map((cut) => cutTold(site, cut)) };
  const refused = (because: Message): Verdict => ({ admitted: false, why: 'ended', because: [because] });
  if (here?.directory !== undefined && !here.user)
    return refused(message('why.directory.none', { person: user, directory: here.directory }));
  const person = site.people.find(({ name }) => name === user);
  const end = person ? endOfAccess(site, person) : here?.user?.ends;
  if (end && end <= asking.at)
    return refused(
      message('why.ended', { person: user, until: person?.until ?? momentWords(end, site.timezone) }),
    );
  const verdict = admit(site, asking);
  // What ends first of the two.
  return verdict.admitted && end && (!verdict.until || end < verdict.until)
    ? { ...verdict, until: end }
    : verdict;
}

const cutTold = ({ timezone }: Site, { target, at, by, reason }: Cut): Message =>
  message('why.cut', { what: cutTargetText(target), at: momentWords(new Date(at), timezone), by, reason });

async function askingOf(
  site: Site,
  publication: Publication,
  user: string,
  options: WhyOptions,
): Promise<{ readonly asking: Asking; readonly here: KnownHere | undefined }> {
  const { from, path, certificate, secondFactor = false } = options;
  if (!isAddress(from)) throw new WrongRequest('why.from.form', { value: from });
  if (!path.startsWith('/')) throw new WrongRequest('why.path.form', { value: path });
  if (certificate !== undefined && !site.tlsConfigurations.some((each) => each.name === certificate))
    throw new WrongRequest('why.certificate.unknown', { name: certificate });
  const at = momentOf(site, options.at);
  const here = options.described
    ? undefined
    : await askHere(stateFolder(options.state, process.env), site, {
        ...{ publication, at, address: from, isGiven: options.groups !== undefined },
        ...(user === nobody ? {} : { user }),
      });
  const country = options.country ?? (await countryOf(site, from));
  const groups = user === nobody ? [] : groupsOf(site, user, options.groups, here);
  const asking = {
    ...{ publication: publication.id, at, address: from, secondFactor },
    pathClass: classOf(publication.audience.rules ?? [], path),
    ...(country === undefined ? {} : { country }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(user === nobody ? {} : { user: { id: user, groups }, approvals: here?.approvals ?? [] }),
  };
  return { asking, here };
}

/** Groups of the described people are known; those of a directory or a guest only the gateway can ask for. */
function groupsOf(
  { people, directories = [] }: Site,
  user: string,
  written: string | undefined,
  here: KnownHere | undefined,
): readonly string[] {
  const given = written?.split(',').map((group) => group.trim());
  const person = people.find(({ name }) => name === user);
  if (person) return given ?? person.groups;
  if (here?.user) return here.user.groups;
  const directory = idParts(user).source;
  const isKnown = directories.some(({ name }) => name === directory);
  // A guest is described nowhere.
  if (isKnown || (directory === undefined && given)) return given ?? [];
  throw new WrongRequest(
    'why.user.unknown',
    { name: user, names: people.map(({ name }) => name).join(', ') || '–' },
    { next: message('why.user.unknown.next') },
  );
}

function momentOf({ timezone }: Site, written: string | undefined): Date {
  if (written === undefined) return new Date();
  const [, day = '', time = '00:00'] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d{1,2}(?::\d\d|h\d{0,2})))?$/.exec(written) ?? [];
  const minutes = parseTime(time);
  if (isDay(day) && minutes !== undefined) return new Date(momentOn(day, minutes, timezone));
  const at = new Date(written);
  if (/^\d{4}-/.test(written) && !Number.isNaN(at.getTime())) return at;
  throw new WrongRequest('why.at.form', { value: written });
}

async function countryOf({ countries }: Site, address: string): Promise<string | undefined> {
  if (countries === undefined) return undefined;
  const { readCountries } = await import('../../lib/countries.ts');
  return readCountries(await readFile(countries)).countryOf(address);
}

interface Told {
  readonly site: Site;
  readonly publication: Publication;
  readonly user: string;
  readonly asking: Asking;
  readonly here: KnownHere | undefined;
  readonly verdict: Verdict;
}

function tell(context: Context, { site, publication: { name }, user, asking, here, verdict }: Told): void {
  const { t, out, say, err } = context;
  const until = verdict.until && momentWords(verdict.until, site.timezone);
  const who = user === nobody ? t('why.nobody') : user;
  out(
    t(verdict.admitted ? 'why.admitted' : 'why.refused', {
      ...{ who, name, at: momentWords(asking.at, site.timezone), from: asking.address },
    }),
  );
  if (!verdict.admitted) out(`  ${t(refusalCodes[verdict.why])}`);
  for (const each of verdict.because) out(`  - ${say(each)}`);
  if (until) out(t(verdict.admitted ? 'why.until' : 'why.again', { until }));
  if (here?.directory === undefined) out(t(here ? 'why.asked.gateway' : 'why.asked.description'));
  else out(t('why.asked.directory', { directory: here.directory }));
  if (user.includes('@') && here?.directory === undefined && asking.user?.groups.length === 0)
    err(t('cli.next', { text: t('why.directory.next') }));
}

const refusalCodes = {
  'sign-in': 'why.refusal.sign-in',
  'second-factor': 'why.refusal.second-factor',
  approval: 'why.refusal.approval',
  group: 'why.refusal.group',
  network: 'why.refusal.network',
  country: 'why.refusal.country',
  hours: 'why.refusal.hours',
  denied: 'why.refusal.denied',
  cut: 'why.refusal.cut',
  ended: 'why.refusal.ended',
} as const satisfies Record<Refusal, Message['code']>;

function asJson({ say }: Context, { publication, user, asking, here, verdict }: Told) {
  const { name, audience } = publication;
  const { at, address, country, user: subject } = asking;
  const rule = verdict.admitted
    ? (audience.rules ?? []).findIndex(({ pointer }) => pointer === verdict.rule) + 1
    : 0;
  return {
    ...{ user, name, at: at.toISOString(), from: address },
    ...(country === undefined ? {} : { country }),
    ...(subject ? { groups: subject.groups } : {}),
    admitted: verdict.admitted,
    ...(verdict.admitted ? (rule > 0 ? { rule } : {}) : { why: verdict.why }),
    ...(verdict.until ? { until: verdict.until.toISOString() } : {}),
    because: verdict.because.map((each) => ({ ...each, text: say(each) })),
    asked: { gateway: here !== undefined, directory: here?.directory ?? null },
  };
}
