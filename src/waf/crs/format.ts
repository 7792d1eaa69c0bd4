import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, visit, type YAMLMap } from 'yaml';

/**
 * The YAML of the regression tests of the OWASP Core Rule Set: that of CRS 3.3 (pytest-ftw) and that of CRS 4 (go-ftw,
 * https://github.com/coreruleset/ftw-tests-schema). Scalars stay the text that stands there: `Content-Length: 010` is sent so.
 */

/** What is sent. */
export interface CrsInput {
  readonly method: string;
  /** Requests of one stage differ in their targets alone. */
  readonly uris: readonly string[];
  /** As it ends the request line; empty is possible, and means nothing there. */
  readonly version: string;
  /** In the order and case given; one that is given twice is sent twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly data?: Buffer;
  /** Whether headers that a client would add are: Content-Type and Content-Length of a body, Connection. */
  readonly completes: boolean;
  /** The whole request, as it goes over the wire: all the rest counts no more. */
  readonly raw?: Buffer;
  /** Cookies that an earlier stage was given are shown. */
  readonly saveCookie: boolean;
  /** Asks for what the answer to the stage before led to. */
  readonly followRedirect: boolean;
}

/** What is expected. */
export interface CrsOutput {
  /** Any of these. */
  readonly status: readonly number[];
  readonly responseContains?: string;
  readonly expectIds: readonly number[];
  readonly noExpectIds: readonly number[];
  readonly matches: readonly RegExp[];
  readonly noMatches: readonly RegExp[];
  /** No answer, or one that says that the request was bad. */
  readonly expectError?: boolean;
  /** No rule but the expected ones. */
  readonly isolated: boolean;
}

export interface CrsStage {
  readonly input: CrsInput;
  readonly output: CrsOutput;
}

export interface CrsTest {
  /** `942100-3`. */
  readonly id: string;
  readonly description?: string;
  readonly file: string;
  readonly line: number;
  readonly stages: readonly CrsStage[];
}

/** A place that cannot be understood. */
export interface CrsMistake {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export interface CrsFile {
  readonly tests: readonly CrsTest[];
  readonly mistakes: readonly CrsMistake[];
  /** How many tests a file holds that says of itself that it is not to be run. */
  readonly disabled: number;
}

/** Reads one file. What cannot be understood is a mistake with its place; the other tests of the file stay. */
export function parseCrsFile(text: string, file: string): CrsFile {
  const lines = new LineCounter();
  const lineOf = (node?: Node | null) => (node?.range ? lines.linePos(node.range[0]).line : 1);
  const tests: CrsTest[] = [];
  const mistakes: CrsMistake[] = [];
  let disabled = 0;
  // `failsafe` knows texts only; a header may stand there twice.
  for (const document of parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    lineCounter: lines,
  })) {
    const [error] = document.errors;
    if (error) {
      const line = lines.linePos(error.pos[0]).line;
      mistakes.push({ file, line, reason: error.message.split('\n')[0] as string });
      continue;
    }
    visit(document, { Alias: (_, alias) => alias.resolve(document) });
    const { contents } = document;
    if (!isMap(contents)) continue;
    const all = child(contents, 'tests');
    if (!isSeq(all)) continue;
    const meta = child(contents, 'meta');
    if (isMap(meta) && word(meta, 'enabled') === 'false') {
      disabled += all.items.length;
      continue;
    }
    const rule = word(contents, 'rule_id') ?? file.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
    for (const [n, item] of all.items.entries()) {
      const line = lineOf(item as Node);
      try {
        if (!isMap(item)) throw new Mistake('a test is a map', item as Node);
        const title = word(item, 'test_title') ?? `${rule}-${word(item, 'test_id') ?? n + 1}`;
        const description = word(item, 'desc');
        tests.push({
          id: title,
          ...(description === undefined ? {} : { description }),
          ...{ file, line, stages: stagesOf(item) },
        });
      } catch (cause) {
        if (!(cause instanceof Mistake)) throw cause;
        mistakes.push({ file, line: lineOf(cause.node) || line, reason: cause.message });
      }
    }
  }
  return { tests, mistakes, disabled };
}

class Mistake extends Error {
  readonly node: Node | undefined;
  constructor(reason: string, node?: Node) {
    super(reason);
    this.node = node;
  }
}

function stagesOf(test: YAMLMap): CrsStage[] {
  const stages = child(test, 'stages');
  if (!isSeq(stages) || stages.items.length === 0) throw new Mistake('a test has `stages`', test);
  return stages.items.map((item) => {
    if (!isMap(item)) throw new Mistake('a stage is a map', item as Node);
    // CRS 3 has one more level.
    const inner = child(item, 'stage');
    const stage = isMap(inner) ? inner : item;
    const [input, output] = [child(stage, 'input'), child(stage, 'output')];
    if (!isMap(input)) throw new Mistake('a stage has an `input`', stage);
    if (!isMap(output)) throw new Mistake('a stage has an `output`', stage);
    return { input: inputOf(input), output: outputOf(output) };
  });
}

function inputOf(input: YAMLMap): CrsInput {
  const encoded = word(input, 'encoded_request');
  const raw = word(input, 'raw_request');
  const data = dataOf(input);
  const completes = !isTrue(input, 'stop_magic') && word(input, 'autocomplete_headers') !== 'false';
  const uris = child(input, 'uris');
  return {
    method: word(input, 'method') ?? 'GET',
    uris: isSeq(uris) ? uris.items.map(scalar) : [word(input, 'uri') ?? '/'],
    version: word(input, 'version') ?? 'HTTP/1.1',
    headers: headersOf(input),
    ...(data ? { data } : {}),
    completes,
    ...(encoded ? { raw: Buffer.from(encoded, 'base64') } : raw ? { raw: Buffer.from(raw) } : {}),
    saveCookie: isTrue(input, 'save_cookie'),
    followRedirect: isTrue(input, 'follow_redirect'),
  };
}

function headersOf(input: YAMLMap): [string, string][] {
  const ordered = child(input, 'ordered_headers');
  if (isSeq(ordered))
    return ordered.items.map((each) => {
      if (!isMap(each)) throw new Mistake('`ordered_headers` has `name` and `value`', each as Node);
      return [word(each, 'name') ?? '', word(each, 'value') ?? ''];
    });
  const headers = child(input, 'headers');
  if (!headers || (isScalar(headers) && !headers.value)) return [];
  if (!isMap(headers)) throw new Mistake('`headers` is a map', headers);
  return headers.items.map(({ key, value }) => [scalar(key), scalar(value)]);
}

function dataOf(input: YAMLMap): Buffer | undefined {
  const encoded = word(input, 'encoded_data');
  if (encoded !== undefined) return Buffer.from(encoded, 'base64');
  const data = child(input, 'data');
  if (!data) return undefined;
  return Buffer.from(isSeq(data) ? data.items.map(scalar).join('\r\n') : scalar(data));
}

function outputOf(output: YAMLMap): CrsOutput {
  const log = child(output, 'log');
  const ids = (name: string) =>
    isMap(log) ? listOf(child(log, name)).map((text) => numberIn(text, log)) : [];
  const patterns = (...texts: (string | undefined)[]) =>
    texts.filter((text) => text !== undefined).map((text) => patternOf(text, output));
  const inLog = (name: string) => (isMap(log) ? word(log, name) : undefined);
  const contains = word(output, 'response_contains');
  const error = word(output, 'expect_error');
  return {
    status: listOf(child(output, 'status')).map((text) => numberIn(text, output)),
    ...(contains === undefined ? {} : { responseContains: contains }),
    expectIds: ids('expect_ids'),
    noExpectIds: ids('no_expect_ids'),
    matches: patterns(word(output, 'log_contains'), inLog('match_regex')),
    noMatches: patterns(word(output, 'no_log_contains'), inLog('no_match_regex')),
    ...(error === undefined ? {} : { expectError: /^true$/i.test(error) }),
    isolated: isTrue(output, 'isolated'),
  };
}

/** A pattern of Python's or Go's; the inline flag that both have is JavaScript's own elsewhere. */
function patternOf(text: string, at: Node): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(text);
  try {
    return new RegExp(flags ? text.slice(flags[0].length) : text, flags?.[1] ?? '');
  } catch (cause) {
    throw new Mistake((cause as Error).message, at);
  }
}

function numberIn(text: string, at: Node): number {
  if (!/^\d+$/.test(text)) throw new Mistake(`"${text}" is no number`, at);
  return Number(text);
}

const listOf = (node: Node | undefined): string[] =>
  isSeq(node) ? node.items.map(scalar) : node ? [scalar(node)].filter((text) => text !== '') : [];

const isTrue = (map: YAMLMap, name: string): boolean => /^true$/i.test(word(map, name) ?? '');

/** The last of its name: what stands there twice counts once, but for headers. */
function child(map: YAMLMap, name: string): Node | undefined {
  return map.items.findLast(({ key }) => isScalar(key) && key.value === name)?.value as Node | undefined;
}

function word(map: YAMLMap, name: string): string | undefined {
  const node = child(map, name);
  return node === undefined ? undefined : scalar(node);
}

function scalar(node: unknown): string {
  if (node === null || node === undefined) return '';
  if (!isScalar(node)) throw new Mistake('a text is expected here', node as Node);
  return node.value === null ? '' : String(node.value);
}
