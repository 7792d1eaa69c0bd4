import { join } from 'node:path';
import { sshHost } from '../../hosts/ssh.ts';
import type { Manifest } from '../../model/applied.ts';
import { Fault } from '../../model/fault.ts';
import type { Host, Site } from '../../model/site.ts';
import type { WafEvidence } from '../../model/waf.ts';
import { installedGateway } from '../../plan/gateway-part.ts';
import { turnedOn } from '../../plan/waf.ts';
import { linesOf, readWafEvents, withRotated } from '../../waf/events.ts';
import { evidenceTaker } from '../../waf/evidence.ts';
import { type Reach, targetOf } from '../reach.ts';
import { type Walled, wafLogOf } from './log.ts';
import { ownQuestions } from './own.ts';
import { unlessMissing } from './people.ts';

/** What is known of the publications that are to block from now on, by id; `unknown` where the gateway did not say. */
export type Evidence = ReadonlyMap<string, WafEvidence | 'unknown'>;

/** What the logs of a gateway say of these publications, as the description now has them. */
export async function evidenceOf(
  state: string,
  publications: readonly Walled[],
): Promise<Readonly<Record<string, WafEvidence>>> {
  const takers = publications.map((publication) => ({ publication, taker: evidenceTaker(publication.waf) }));
  // Both logs are JSON of the engine's own writing; a client's quotes are escaped.
  const marks = takers.map(({ publication: { name }, taker }) => ({
    mark: `"publication":${JSON.stringify(name)}`,
    taker,
  }));
  for (const file of await withRotated(join(state, 'nginx', 'log', 'access.log')).catch(unlessMissing))
    for await (const { text } of linesOf(file)) {
      // The gateway's own questions are nobody's traffic. Whoever calls themselves so is left out too: that only makes what is known less.
      if (!text.includes('"waf":"observe"') || text.includes('"agent":"poterne"')) continue;
      const at = /^\{"time":"([^"]+)"/.exec(text)?.[1];
      const time = at === undefined ? Number.NaN : Date.parse(at);
      if (Number.isNaN(time)) continue;
      for (const { mark, taker } of marks) if (text.includes(mark)) taker.came(new Date(time).toISOString());
    }
  if ((await withRotated(wafLogOf(state)).catch(unlessMissing)).length > 0)
    for await (const event of readWafEvents(wafLogOf(state), { isOwn: await ownQuestions(state) }))
      for (const { publication, taker } of takers)
        if (event.publication === publication.id) taker.found(event);
  return Object.fromEntries(takers.map(({ publication, taker }) => [publication.id, taker.evidence()]));
}

/** The same of the gateway of a site, wherever that is, for the publications that begin to block with it. */
export async function evidenceFor(
  site: Site,
  active: Manifest | undefined,
  at: { readonly state: string; readonly served?: Host; readonly reach: Reach },
): Promise<Evidence> {
  const wanted = turnedOn(active, site);
  if (wanted.length === 0) return new Map();
  const found = await (at.served
    ? askThere(site, at.served, at.reach, wanted)
    : evidenceOf(at.state, wanted));
  return new Map(wanted.map(({ id }) => [id, found?.[id] ?? 'unknown']));
}

async function askThere(
  site: Site,
  gateway: Host,
  { settings, here }: Reach,
  wanted: readonly Walled[],
): Promise<Readonly<Record<string, WafEvidence>> | undefined> {
  const argv = ['poterne', 'waf', 'evidence', '--json', '--state', installedGateway.state];
  try {
    const { code, stdout } = await sshHost(targetOf(site, gateway, here), settings).run(argv, {
      timeout: 10 * 60_000,
      // An argument has room for a hundred publications.
      input: JSON.stringify(wanted),
    });
    return code === 0 ? (JSON.parse(stdout) as Record<string, WafEvidence>) : undefined;
  } catch (error) {
    // Why it cannot be reached is said with the other machines.
    if (error instanceof Fault || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
