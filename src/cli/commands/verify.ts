import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Gateway, type ProveOptions, prove } from '../../daemon/gateway.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { Expectation } from '../../model/expectation.ts';
import { Fault } from '../../model/fault.ts';
import type { Site } from '../../model/site.ts';
import { expectations } from '../../plan/planner.ts';
import { countEvidence, evidenceJson, evidenceReport } from '../../verify/index.ts';
import { type CommonOptions, commandOnFile } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { requireSite } from '../description.ts';
import { exit } from '../errors.ts';
import { withGateway } from '../with-gateway.ts';

interface VerifyCommandOptions extends CommonOptions {
  readonly only?: string;
  readonly address?: string;
  readonly ca?: string;
}

/** `poterne verify`: each promise as a client sees it; exit 1 when one is broken. */
export function verify(context: Context): Command {
  const { t } = context;
  return commandOnFile(context, 'verify', 'verify.about', [
    'verify',
    'verify site.yaml --only erp.localhost',
    'verify site.yaml --address 192.0.2.10 --json',
  ])
    .option('--only <name>', t('verify.only'))
    .option('--address <ip>', t('verify.address'))
    .option('--ca <file>', t('verify.ca'))
    .action(async (file: string, options: VerifyCommandOptions) => {
      const { site } = await requireSite(context, file, options.json);
      await withGateway(stateFolder(options.state, process.env), async (gateway) => {
        const promised = expectations(site);
        const chosen = options.only ? about(site, promised, options.only) : promised;
        const evidence = await proveAndReport(context, gateway, site, chosen, {
          json: options.json === true,
          ...(options.address ? { address: options.address } : {}),
          ...(options.ca ? { authorities: [await readFile(options.ca, 'utf8')] } : {}),
        });
        if (countEvidence(evidence).broken > 0) process.exitCode = exit.failed;
      });
    });
}

/** Proves expectations, with progress on a terminal, and prints the evidence. */
export async function proveAndReport(
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
  const { language, colour, width } = context;
  if (options.json) context.out(JSON.stringify(evidenceJson(evidence, language)));
  else context.out(evidenceReport(evidence, { language, colour, width }));
  return evidence;
}

/** The promises of one publication, and those of the whole gateway. Throws `verify.unknown` for a name nobody published. */
function about(site: Site, expectations: readonly Expectation[], name: string): Expectation[] {
  const names = site.publications.map((publication) => publication.name);
  if (!names.includes(name)) throw new Fault('verify.unknown', { name, names: names.join(', ') });
  return expectations.filter((expectation) => expectation.about === name || expectation.about === 'gateway');
}
