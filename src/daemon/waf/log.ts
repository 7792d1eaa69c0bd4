import { join } from 'node:path';
import type { Message } from '../../model/message.ts';
import type { ProxiedPublication, Site } from '../../model/site.ts';
import {
  readTransactions,
  readWafEvents,
  requestsOf,
  type WafEvent,
  type WafLogCounts,
  withRotated,
} from '../../waf/events.ts';
import { type WafPerson, type WafReport, wafReporter } from '../../waf/report.ts';
import type { RequestTable } from '../../waf/request-table.ts';
import type { WafTransaction } from '../../waf/transaction.ts';
import { ownQuestions } from './own.ts';
import { unlessMissing, visitorsOf } from './people.ts';

/** Where a gateway's web application firewall tells what it found. */
export const wafLogOf = (state: string): string => join(state, 'nginx', 'log', 'waf.log');

/** A publication with its firewall. */
export type Walled = ProxiedPublication & { readonly waf: NonNullable<ProxiedPublication['waf']> };

/** The publications of a site that have one. */
export const walled = ({ publications }: Pick<Site, 'publications'>): readonly Walled[] =>
  publications.filter((each): each is Walled => each.scenario === 'proxy+waf' && each.waf !== undefined);

/** What the log of a gateway says of one of its publications, and why it says less than it could. */
export interface ToldReport extends WafReport {
  readonly trouble?: Message;
}

/** What the log of a gateway says of one of its publications. */
export async function reportOf(
  state: string,
  site: Site,
  publication: Walled,
  since: Date,
): Promise<ToldReport> {
  const { id, waf } = publication;
  const files = await withRotated(wafLogOf(state), since).catch(unlessMissing);
  const fill = async (table: RequestTable) => {
    for await (const request of requestsOf(files, id)) table.add(request);
  };
  const visitors = await visitorsOf(state, site, publication, fill, since);
  const reporter = wafReporter({
    publication: id,
    since,
    ...(visitors ? { personOf: visitors.personOf } : {}),
  });
  const counts = noCounts();
  const isOwn = await ownQuestions(state);
  await unlessAbsent(async () => {
    for await (const event of readWafEvents(wafLogOf(state), { since, counts, isOwn })) reporter.add(event);
  });
  const report = { ...reporter.report(waf.mode, counts), publication: publication.name };
  return visitors?.trouble ? { ...report, trouble: visitors.trouble } : report;
}

/** Who was signed in when a request was made. */
export async function personOf(
  state: string,
  site: Site,
  { request, at, publication }: WafEvent,
): Promise<{ readonly person?: WafPerson; readonly trouble?: Message }> {
  const asked = walled(site).find(({ id }) => id === publication);
  const visitors = asked && (await visitorsOf(state, site, asked, async (table) => table.add(request)));
  const person = visitors?.personOf({ request, at });
  return {
    ...(person ? { person } : {}),
    ...(visitors?.trouble ? { trouble: visitors.trouble } : {}),
  };
}

/** The event of a reference. */
export async function eventOfReference(state: string, reference: string): Promise<WafEvent | undefined> {
  return unlessAbsent(async () => {
    for await (const event of readWafEvents(wafLogOf(state))) if (event.request === reference) return event;
    return undefined;
  });
}

/** The same with what was sent, secrets too: it stays on this machine. */
export async function transactionOfReference(
  state: string,
  reference: string,
): Promise<WafTransaction | undefined> {
  return unlessAbsent(async () => {
    for await (const each of readTransactions(wafLogOf(state))) if (each.request === reference) return each;
    return undefined;
  });
}

const noCounts = (): WafLogCounts => ({ lines: 0, broken: 0, cut: 0 });

/** A gateway that found nothing yet has no log. */
async function unlessAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
