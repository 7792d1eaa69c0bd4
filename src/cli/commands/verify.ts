import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { activeManifest, type Gateway, type ProveOptions, prove } from '../../daemon/gateway.ts';
import { type Reach, rootOfGateway, servedGateway } from '../../daemon/reach.ts';
import { fromVantage } from '../../daemon/vantage.ts';
import { markOfGateway } from '../../daemon/waf/own.ts';
import { unproved } from '../../lib/client-proofs.ts';
import { allPorts } from '../../lib/ports.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { Expectation } from '../../model/expectation.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { installedGateway } from '../../plan/gateway-part.ts';
import { expectations, expectationsFrom, expectationsHere } from '../../plan/planner.ts';
import { countEvidence, evidenceJson, evidenceReport } from '../../verify/index.ts';
import { commandOnFile } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { requireSite } from '../description.ts';
import { showFault } from '../errors.ts';
import { exit, WrongRequest } from '../exit.ts';
import { hostNamed, type ReachOptions, reaching, reachOf } from '../reach.ts';
import { withControllerState, withGateway } from '../with-gateway.ts';

interface VerifyCommandOptions extends ReachOptions {
  readonly from?: string;
  readonly allPorts?: boolean;
  readonly only?: string;
  readonly address?: string;
  readonly ca?: string;
  readonly full?: boolean;
}

/** `poterne verify`: each promise as a client sees it; exit 1 when one is broken. */
export function verify(context: Context): Command {
  const { t } = context;
  const made = commandOnFile(context, 'verify', 'verify.about', [
    'verify',
    'verify site.yaml --only erp.localhost --full',
    'verify site.yaml --address 192.0.2.10 --json',
    'verify site.yaml --from outside',
  ]);
  return reaching(made, context)
    .option('--from <host>', t('verify.from'))
    .option('--all-ports', t('verify.all-ports'))
    .option('--only <name>', t('verify.only'))
    .option('--address <ip>', t('verify.address'))
    .option('--ca <file>', t('verify.ca'))
    .option('--full', t('verify.full'))
    .action(async (file: string, options: VerifyCommandOptions) => {
      const { site } = await requireSite(context, file, options.json);
      const opened = options.from === undefined ? withGateway : withControllerState;
      await opened(stateFolder(options.state, process.env), async (gateway) => {
        const reach = reachOf(site, options);
        const vantage = options.from === undefined ? undefined : hostNamed(site, options.from);
        const isHere = !vantage && (await isGateway(gateway, site, reach));
        const promised = vantage
          ? expectationsFrom(site, vantage)
          : isHere
            ? expectationsHere(site)
            : expectations(site);
        const wanted = options.allPorts ? promised.map(onAllPorts) : promised;
        const chosen = options.only ? about(wanted, options.only) : wanted;
        // The gateway that a service runs here proves with its own, which is open already.
        const isOwn = reach.here === site.gateway.host && gateway.state === installedGateway.state;
        const root = isOwn ? undefined : await knownRoot(context, site, reach);
        const mark = isOwn ? undefined : await knownMark(context, site, reach, chosen);
        const proveOptions = {
          json: options.json === true,
          ...(options.address ? { address: options.address } : {}),
          ...(root ? { ownRoots: [root] } : {}),
          ...(mark === undefined ? {} : { mark }),
          ...(options.ca ? { authorities: [await readAuthority(options.ca)] } : {}),
        };
        const evidence = vantage
          ? await fromVantage(site, vantage, reach, (network) =>
              proveLive(context, gateway, site, chosen, {
                ...proveOptions,
                from: { host: vantage.name, network },
              }),
            )
          : await proveLive(context, gateway, site, chosen, proveOptions);
        const { language, colour, width } = context;
        const untried = unproved(site).filter(({ about }) => chosen.some((each) => each.about === about));
        const said = untried.map((each) => ({
          about: each.about,
          ...each.said,
          say: context.say(each.said),
        }));
        if (options.json) context.out(JSON.stringify({ ...evidenceJson(evidence, language), untried: said }));
        else context.out(evidenceReport(evidence, { language, colour, width, full: options.full === true }));
        if (!options.json) for (const { say } of said) context.err(say);
        if (!vantage) tellUncalled(context, site, chosen);
        if (countEvidence(evidence).broken > 0) process.exitCode = exit.failed;
      });
    });
}

/** Whether this machine is the gateway of a site: it serves it, and is no other described host. */
async function isGateway({ state }: Gateway, site: Site, { here }: Reach): Promise<boolean> {
  if (here !== undefined && here !== site.gateway.host) return false;
  return (await activeManifest(state))?.site.name === site.name;
}

/** Partners are called from inside: says which were not, and from where they can be. */
function tellUncalled({ t, err }: Context, site: Site, proved: readonly Expectation[]): void {
  const called = new Set(
    proved.flatMap(({ about, probe }) => (probe.kind === 'partner-answers' ? [about] : [])),
  );
  const hosts = new Set(site.hosts.map(({ name }) => name));
  for (const { name, callers } of site.partners) {
    if (called.has(`partner/${name}`)) continue;
    const from = callers.find((caller) => hosts.has(caller));
    err(t(from ? 'verify.partner.uncalled.from' : 'verify.partner.uncalled', { name, from: from ?? '' }));
  }
}

/** Proves expectations, with progress on a terminal. */
export async function proveLive(
  context: Context,
  gateway: Gateway,
  site: Site,
  expectations: readonly Expectation[],
  options: ProveOptions & { readonly json: boolean },
): Promise<readonly Evidence[]> {
  const live = process.stderr.isTTY === true && !options.json;
  const evidence = await prove(gateway, site, expectations, {
    ...options,
    progress: (_, done, total) => {
      if (live) process.stderr.write(`\r${context.t('verify.progress', { done, total })}`);
    },
  });
  if (live) process.stderr.write('\r\x1b[K');
  return evidence;
}

/** The root of an installed gateway. Whoever cannot log in to it proves without, as visitors do. */
async function knownRoot(context: Context, site: Site, reach: Reach): Promise<string | undefined> {
  try {
    return await rootOfGateway(site, reach);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    showFault(context, error);
    context.err(context.t('verify.root.unknown'));
    return undefined;
  }
}

/** The mark by which an installed gateway knows our attacks. Whoever cannot log in to it asks as visitors do, and counts as one. */
async function knownMark(
  context: Context,
  site: Site,
  reach: Reach,
  chosen: readonly Expectation[],
): Promise<string | undefined> {
  if (!chosen.some(({ probe }) => probe.kind === 'waf-refuses') || !servedGateway(site)) return undefined;
  const mark = await markOfGateway(site, reach).catch((error: unknown) => {
    // Why is said with the root.
    if (error instanceof Fault) return undefined;
    throw error;
  });
  if (mark === undefined) context.err(context.t('verify.mark.unknown'));
  return mark;
}

function onAllPorts(expectation: Expectation): Expectation {
  const { probe } = expectation;
  return probe.kind === 'scan' ? { ...expectation, probe: { ...probe, tried: allPorts } } : expectation;
}

/** A root certificate in PEM. Throws `verify.ca.unreadable` when the file holds none. */
async function readAuthority(file: string): Promise<string> {
  try {
    const pem = await readFile(file, 'utf8');
    new X509Certificate(pem);
    return pem;
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new WrongRequest(
      'verify.ca.unreadable',
      { file, reason },
      { cause, next: message('verify.ca.next') },
    );
  }
}

/** The promises of one publication, and those of the whole gateway. Throws `verify.unknown` for a name nobody published. */
function about(expectations: readonly Expectation[], name: string): Expectation[] {
  const names = [...new Set(expectations.map((expectation) => expectation.about))];
  if (!names.includes(name)) throw new WrongRequest('verify.unknown', { name, names: names.join(', ') });
  return expectations.filter((expectation) => expectation.about === name || expectation.about === 'gateway');
}
