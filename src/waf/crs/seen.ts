import { open } from 'node:fs/promises';
import type { RawAnswer } from './send.ts';

/** What the rules found in one request: each a line as ModSecurity writes them into error logs, which is what the suites look at. */
export interface Seen {
  readonly ids: readonly number[];
  readonly text: string;
  /** What was found is not told (`src/engines/nginx/waf/canary.ts`). */
  readonly isBrief: boolean;
}

/** What the log of the firewall holds of the requests since a place in it. */
export interface SeenLog {
  /** By the numbers that the answer told; where it told none, by the client's port. */
  readonly of: (answer: RawAnswer) => Seen | undefined;
}

/** Where a log ends now: what follows belongs to what is sent from here on. */
export async function endOf(file: string): Promise<number> {
  const handle = await open(file).catch(() => undefined);
  try {
    return (await handle?.stat())?.size ?? 0;
  } finally {
    await handle?.close();
  }
}

interface Message {
  readonly message?: string;
  readonly details?: {
    readonly match?: string;
    readonly ruleId?: string;
    readonly file?: string;
    readonly data?: string;
    readonly severity?: string;
    readonly ver?: string;
    readonly tags?: readonly string[];
  };
}

/**
 * Reads what came to a log since (ModSecurity's JSON, one transaction a line). One that was rotated meanwhile is read whole. Requests whose
 * numbers answers told (`known`) are found by these alone: the system gives their ports to others.
 */
export async function readSeen(file: string, since: number, known: ReadonlySet<string>): Promise<SeenLog> {
  const byRequest = new Map<string, Seen>();
  const byPort = new Map<number, Seen>();
  const handle = await open(file).catch(() => undefined);
  try {
    if (handle) {
      const { size } = await handle.stat();
      for await (const line of handle.readLines({ start: size < since ? 0 : since })) {
        const read = parse(line);
        if (!read) continue;
        const { transaction, seen } = read;
        const { unique_id: request, client_port: port } = transaction;
        if (request) byRequest.set(request, joined([byRequest.get(request), seen]) as Seen);
        if (port && !(request && known.has(request)))
          byPort.set(port, joined([byPort.get(port), seen]) as Seen);
      }
    }
  } finally {
    await handle?.close();
  }
  return {
    of: ({ requests, port }) =>
      requests.length > 0 ? joined(requests.map((id) => byRequest.get(id))) : byPort.get(port ?? 0),
  };
}

/** One connection may have carried several requests. */
function joined(some: readonly (Seen | undefined)[]): Seen | undefined {
  const all = some.filter((each) => each !== undefined);
  if (all.length === 0) return undefined;
  return {
    ids: all.flatMap(({ ids }) => ids),
    text: all.map(({ text }) => text).join('\n'),
    isBrief: all.some(({ isBrief }) => isBrief),
  };
}

interface Transaction {
  readonly unique_id?: string;
  readonly client_port?: number;
  readonly messages?: readonly Message[];
}

function parse(line: string): { readonly transaction: Transaction; readonly seen: Seen } | undefined {
  let transaction: Transaction | undefined;
  try {
    ({ transaction } = JSON.parse(line) as { readonly transaction?: Transaction });
  } catch {
    // Half a line, after a crash.
  }
  if (!transaction) return undefined;
  const messages = transaction.messages ?? [];
  return {
    transaction,
    seen: {
      ids: messages.map(({ details }) => Number(details?.ruleId)),
      text: messages.map(lineOf).join('\n'),
      isBrief: transaction.messages === undefined,
    },
  };
}

function lineOf({ message = '', details = {} }: Message): string {
  const { match = '', ruleId = '', file = '', data = '', severity = '', ver = '', tags = [] } = details;
  const words = [
    ['file', file],
    ['id', ruleId],
    ['msg', message],
    ['data', data],
    ['severity', severity],
    ['ver', ver],
    ...tags.map((tag) => ['tag', tag]),
  ];
  return `ModSecurity: Warning. ${match} ${words.map(([name, value]) => `[${name} "${value}"]`).join(' ')}`;
}
