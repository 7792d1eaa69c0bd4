import { isSumRule } from '../../lib/waf-log.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { type Attack, attacksOf, decoded } from '../../waf/attacks.ts';
import { readSuite } from '../../waf/crs/run.ts';
import { type Placed, requestOf, type Spot } from '../../waf/place.ts';
import {
  type Exclusion,
  type Mistake,
  mistakeOf,
  pathOf,
  proposalsOf,
  targetOf,
} from '../../waf/proposals.ts';
import type { WafTransaction } from '../../waf/transaction.ts';
import { transactionOfReference, type Walled } from './log.ts';
import { requireRule } from './matched.ts';
import { type Replay, type Weighed, weigh } from './weigh.ts';

/** What is to be let through: a request by its reference, or a place that is named. */
export type TuneAsk =
  | { readonly reference: string; readonly given?: Buffer }
  | { readonly exclusion: Exclusion; readonly given?: Buffer };

/** What was found of the mistake, and the ways to let it through, the narrowest first. */
export interface Tuned {
  /** The rules that made the sum, with what each added. */
  readonly contributing: Mistake['found'];
  /** Where it was refused. */
  readonly path: string;
  /** How the mistake was sent again. */
  readonly replay?: Replay['how'];
  readonly proposals: readonly Weighed[];
}

export interface TuneOptions {
  /** What is weighed with. */
  readonly attacks: readonly Attack[];
  readonly tell?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** The attacks of samples: a file or a folder, in the format of the CRS's regression tests. */
export const attacksIn = async (samples: string): Promise<readonly Attack[]> =>
  attacksOf((await readSuite(samples)).tests);

/**
 * Proposes exclusions for a mistake, and weighs them on a real engine. Throws `waf.reference.unknown`, `waf.tune.other`, `waf.tune.cut`,
 * `waf.tune.sum`, `waf.tune.rule.unknown`, `waf.tune.rule.unmatched`.
 */
export async function tune(
  state: string,
  site: Site,
  publication: Walled,
  ask: TuneAsk,
  options: TuneOptions,
): Promise<Tuned> {
  const common = { site, publication, ...options };
  if ('exclusion' in ask) {
    const { exclusion } = ask;
    if (isSumRule(exclusion.rule))
      throw new Fault('waf.tune.sum', { rule: exclusion.rule }, { next: message('waf.tune.sum.next') });
    await requireRule(state, site, publication, { rule: exclusion.rule, isGiven: ask.given !== undefined });
    const { path, target } = exclusion;
    const found: Mistake['found'] = [{ rule: exclusion.rule, ...(target ? { target } : {}), points: 0 }];
    const replay = ask.given && givenReplay(ask.given);
    const proposals = await weigh({
      ...common,
      spot: { method: 'GET', path, from: 'query' },
      targets: [],
      proposals: [
        { kind: target ? (path.endsWith('/') ? 'below' : 'narrow') : 'rule', exclusions: [exclusion] },
      ],
      ...(replay ? { replay } : {}),
    });
    return { contributing: found, path, ...(replay ? { replay: replay.how } : {}), proposals };
  }
  const transaction = await transactionOf(state, site, publication, ask.reference);
  const mistake = mistakeOf(transaction);
  const spot = spotOf(transaction);
  const replay = ask.given ? givenReplay(ask.given) : replayOf(transaction, spot);
  const weighed = (all: boolean) =>
    weigh({
      ...common,
      ...{ spot, targets: [...new Set(mistake.found.flatMap(({ target }) => target ?? []))] },
      proposals: proposalsOf(mistake, publication.waf, all),
      ...(replay ? { replay } : {}),
    });
  let proposals = await weighed(false);
  // Sums of the log are those of its time: where fewer rules do not do, all must.
  if (proposals.some(({ mistake: result }) => result === 'refused')) proposals = await weighed(true);
  return {
    contributing: mistake.found,
    path: mistake.path,
    ...(replay ? { replay: replay.how } : {}),
    proposals,
  };
}

async function transactionOf(
  state: string,
  { publications }: Site,
  { id, name }: Walled,
  reference: string,
): Promise<WafTransaction> {
  const found = await transactionOfReference(state, reference);
  if (!found)
    throw new Fault('waf.reference.unknown', { reference }, { next: message('waf.reference.unknown.next') });
  const { summary, isCut } = found;
  if (isCut) throw new Fault('waf.tune.cut', { reference }, { next: message('waf.tune.cut.next') });
  if (summary && summary.publication !== id)
    throw new Fault('waf.tune.other', {
      ...{ reference, name },
      other: publications.find((each) => each.id === summary.publication)?.name ?? summary.publication,
    });
  if (found.found.length === 0) throw new Fault('waf.tune.nothing', { reference });
  return found;
}

/** Where the parameters of a request stand: in its query where that has them, else in its body. */
function spotOf({ method, uri, found }: WafTransaction): Omit<Spot, 'target'> {
  const targets = found.map((each) => targetOf(each) ?? '');
  const names = namesOf(uri);
  const isInQuery = targets
    .filter((target) => target.startsWith('ARGS:'))
    .every((target) => names.has(target.slice(5)));
  const from = targets.some((target) => target.startsWith('ARGS:json.'))
    ? 'json'
    : isInQuery
      ? 'query'
      : 'form';
  return { method: /^[A-Z]{1,20}$/.test(method) ? method : 'GET', path: pathOf(uri), from };
}

const queryOf = (uri: string): string => uri.split('?').slice(1).join('?').split('#')[0] ?? '';

const namesOf = (uri: string): ReadonlySet<string> =>
  new Set(
    queryOf(uri)
      .split('&')
      .map((pair) => decoded(pair.split('=')[0] ?? '')),
  );

/** The mistake as the log has it; nothing where something of it is not there. */
function replayOf({ uri, found }: WafTransaction, spot: Omit<Spot, 'target'>): Replay | undefined {
  const values = new Map<string, string>();
  for (const each of found) {
    const target = targetOf(each);
    if (target !== undefined && each.value !== undefined && !values.has(target))
      values.set(target, each.value);
  }
  const parameters = [...values].filter(([target]) => target.startsWith('ARGS'));
  const others: Placed = [...values].filter(([target]) => !target.startsWith('ARGS'));
  if (spot.from === 'query') {
    // Its query stands in the log as it was sent; cookies and headers do not.
    const query = queryOf(uri);
    const build = (host: string) => requestOf({ ...spot, query }, host, others);
    return build('x')
      ? { how: others.length > 0 ? 'rebuilt' : 'sent', request: (host) => build(host) as Buffer }
      : undefined;
  }
  const query = queryOf(uri);
  const build = (host: string) => requestOf({ ...spot, query }, host, [...parameters, ...others]);
  return build('x') ? { how: 'rebuilt', request: (host) => build(host) as Buffer } : undefined;
}

/** A request that the user has as bytes; it is asked of the trial's name. */
function givenReplay(given: Buffer): Replay {
  const text = given.toString('latin1');
  const end = /\r?\n\r?\n/.exec(text);
  const at = end?.index ?? text.length;
  const lines = text
    .slice(0, at)
    .split(/\r?\n/)
    .filter((line) => !/^(?:host|connection):/i.test(line));
  const body = text.slice(at + (end?.[0].length ?? 0));
  const [first = '', ...headers] = lines;
  const kept = headers.filter(
    (line) => !/^(?:content-length|transfer-encoding|accept-encoding):/i.test(line),
  );
  return {
    how: 'given',
    request: (host) =>
      Buffer.from(
        [
          ...[first.replace(/ HTTP\/[\d.]+$/, ' HTTP/1.1'), `Host: ${host}`, ...kept, 'Connection: close'],
          ...(body === '' ? [] : [`Content-Length: ${body.length}`]),
          ...['', body],
        ].join('\r\n'),
        'latin1',
      ),
  };
}
