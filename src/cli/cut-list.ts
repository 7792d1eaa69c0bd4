import { readCuts } from '../daemon/cut/records.ts';
import { cutsAtRouter, type RouterCut } from '../daemon/cut/router-cuts.ts';
import { harmless, oneLine } from '../lib/harmless.ts';
import { type Cut, cutTargetText } from '../model/cut.ts';
import { Fault } from '../model/fault.ts';
import { direct, isManaged, type Site } from '../model/site.ts';
import { forwarderOf } from '../plan/forwardings.ts';
import type { CommonOptions } from './command.ts';
import { type Context, stateFolder } from './context.ts';
import { requireSite } from './description.ts';
import { faultJson, showFault } from './errors.ts';
import { exit } from './exit.ts';
import { answerOfGateway } from './gateway-answer.ts';
import { hostNamed, type ReachOptions, reachOf } from './reach.ts';
import { table } from './table.ts';

/** `poterne cut --list`: what a gateway has cut off, and with `--site` what its router has, which no gateway knows of. */

/** A time as people read it. */
export const local = (iso: string): string => new Date(iso).toLocaleString('sv-SE');

/** What is cut off on one machine, as programs read it. */
type CutThere = Partial<Cut> &
  Pick<Cut, 'target'> & {
    readonly host: string;
    /** Of a router: the port that it does not pass on, and whether its firewall has that in force. */
    readonly port?: number;
    readonly inForce?: boolean;
  };

/** What this machine's gateway has cut off. */
export function listHere({ t, out }: Context, cuts: readonly Cut[], { json }: CommonOptions): void {
  const columns = ['what', 'at', 'by', 'until', 'reason'] as const;
  if (json) out(JSON.stringify(cuts));
  else if (cuts.length === 0) out(t('cut.none'));
  else
    out(
      drawn(
        columns.map((column) => t(`cut.column.${column}`)),
        cuts.map(cells),
      ),
    );
}

/** What is cut off on the gateway of a description and on the router before it. Whichever does not answer is told; the other one is shown. */
export async function listSite(context: Context, file: string, options: ReachOptions): Promise<void> {
  const { t, out } = context;
  const { site } = await requireSite(context, file, options.json);
  const { at } = forwarderOf(site);
  const gateway = site.gateway.host;
  const places = [
    { host: gateway, cuts: ofGateway(site, options) },
    ...(at === gateway ? [] : [{ host: at, cuts: ofRouter(site, at, options) }]),
  ];
  const asked = await Promise.allSettled(places.map(({ cuts }) => cuts));
  const found = asked.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const failed = asked.flatMap((one, n) => {
    if (one.status === 'fulfilled') return [];
    if (!(one.reason instanceof Fault)) throw one.reason;
    return [{ host: places[n]?.host ?? '', fault: one.reason }];
  });
  if (failed.length > 0) process.exitCode = exit.failed;
  if (options.json) {
    const unknown = failed.map(({ host, fault }) => ({ host, fault: faultJson(context, fault) }));
    return out(JSON.stringify([...found, ...unknown]));
  }
  const columns = ['what', 'where', 'at', 'by', 'until', 'reason'] as const;
  const rows = found.map((one) => {
    const [what = '', ...rest] = cells(one);
    const isOpen = one.inForce === false ? [t('cut.list.open')] : [];
    return [what, [one.host, ...isOpen].join(' '), ...rest];
  });
  if (rows.length > 0)
    out(
      drawn(
        columns.map((column) => t(`cut.column.${column}`)),
        rows,
      ),
    );
  else if (failed.length === 0) out(t('cut.none'));
  for (const { host, fault } of failed) {
    context.err(t('cut.list.unknown', { host }));
    showFault(context, fault);
  }
}

/** Of a gateway that is another machine, or of the one whose state folder is here. */
async function ofGateway(site: Site, options: ReachOptions): Promise<readonly CutThere[]> {
  const { host } = site.gateway;
  const isElsewhere = isManaged(hostNamed(site, host));
  const cuts = isElsewhere
    ? await answerOfGateway<readonly Cut[]>(site, host, options, {
        ...{ words: ['cut', '--list'], has: ['length'], silent: 'cut.gateway' },
      })
    : await readCuts(stateFolder(options.state, process.env));
  return cuts.map((one) => ({ ...one, host }));
}

async function ofRouter(site: Site, at: string, options: ReachOptions): Promise<readonly CutThere[]> {
  return (await cutsAtRouter(site, reachOf(site, options), at)).map((one) => ({
    ...{ target: targetOf(site, one), host: at, port: one.port, inForce: one.inForce },
    ...one.record,
    ...(one.until === undefined ? {} : { until: one.until }),
  }));
}

/** The publication that a port leads to; what is described no more is named by its port. */
function targetOf(site: Site, { port }: RouterCut): Cut['target'] {
  const found = direct(site).find((each) => each.port === port);
  return { kind: 'publication', name: found?.name ?? `port ${port}`, id: found?.id ?? `port-${port}` };
}

/** What, since when, by whom, until when, why. */
const cells = ({ target, at, by, until, reason }: Partial<Cut> & Pick<Cut, 'target'>): readonly string[] => [
  cutTargetText(target),
  at === undefined ? '–' : local(at),
  by ?? '–',
  until === undefined ? '–' : local(until),
  reason ?? '–',
];

const drawn = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  table(
    head,
    rows.map((row) => row.map((text) => oneLine(harmless(text)))),
  );
