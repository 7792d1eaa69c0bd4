import type { CrsInput, CrsTest } from './crs/format.ts';

/** Something that an attacker sends, taken out of the request that a sample has it in. */
export interface Attack {
  /** The sample's name, and which of its values. */
  readonly id: string;
  readonly payload: string;
}

/** The attacks in samples of which some rule must say something: what they send as parameters, in cookies and in headers. */
export function attacksOf(tests: readonly CrsTest[]): readonly Attack[] {
  const found = new Map<string, Attack>();
  for (const { id, stages } of tests)
    for (const { input, output } of stages) {
      if (output.expectIds.length === 0 && output.matches.length === 0) continue;
      for (const payload of payloadsOf(input)) {
        if (isHonest(payload) || found.has(payload)) continue;
        found.set(payload, { id, payload });
      }
    }
  return [...found.values()];
}

/** Short words and numbers stand beside the attack, and are none. */
const isHonest = (text: string): boolean => /^[\w.@:+-]{0,24}$/.test(text) || text.length > 8000;

function payloadsOf(input: CrsInput): readonly string[] {
  const queries = input.uris.flatMap((uri) =>
    valuesOf(uri.split('?').slice(1).join('?').split('#')[0] ?? ''),
  );
  const type = input.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const text = input.data?.toString('utf8') ?? '';
  const body = /json/i.test(type) ? textsOf(text) : /multipart|xml/i.test(type) ? [] : valuesOf(text);
  const headers = input.headers.flatMap(([name, value]) => {
    if (/^cookie$/i.test(name)) return value.split(/;\s*/).map((one) => one.slice(one.indexOf('=') + 1));
    return standard.test(name) ? [] : [value];
  });
  return [...queries, ...body, ...headers];
}

/** Headers whose values say nothing where they do not stand. */
const standard =
  /^(?:host|accept.*|content-.*|connection|user-agent|transfer-encoding|range|expect|upgrade|te)$/i;

/** Values of a query or a form; names are attacks themselves where they are no words (`password[$ne]`). */
function valuesOf(query: string): readonly string[] {
  return query.split('&').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? [decoded(pair)] : [decoded(pair.slice(0, at)), decoded(pair.slice(at + 1))];
  });
}

function textsOf(json: string): readonly string[] {
  const found: string[] = [];
  try {
    JSON.parse(json, (_, value: unknown) => {
      if (typeof value === 'string') found.push(value);
      return value;
    });
  } catch {
    return [];
  }
  return found;
}

/** As forms are decoded; what is no escape stays. */
export function decoded(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
