import type { z } from 'zod';
import type { Code } from '../i18n/en.ts';
import { knownHint, shortList, shown } from '../lib/hints.ts';
import type { Finding } from '../model/finding.ts';
import { type Message, message } from '../model/message.ts';
import { pointer } from '../model/pointer.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly (string | number)[];

/** The thing of the description that a path leads into, as the codes call it, and its name. */
function thingAt(path: Path): { thing: string; name: string } {
  const [section, name, part, route] = path.map(String);
  if (section === 'publications' && part === 'routes' && route !== undefined)
    return { thing: 'route', name: route };
  if (section === 'publications' && part === 'audience' && route !== undefined && /^\d+$/.test(route))
    return { thing: 'audience', name: '' };
  const things: Record<string, string> = {
    zones: 'zone',
    hosts: 'host',
    services: 'service',
    publications: 'publication',
    people: 'person',
    calendars: 'calendar',
    jobs: 'job',
    'tls-configurations': 'tls-configuration',
    partners: 'partner',
    directories: 'directory',
  };
  if (section === 'expect' && name !== undefined) return { thing: 'assertion', name: '' };
  if (section === 'flows' && name !== undefined) return { thing: 'grant', name: '' };
  if (section === 'access' && name !== undefined) return { thing: 'rule', name: '' };
  if (section === 'store') return { thing: 'store', name: '' };
  if (section === 'bastion') return { thing: 'bastion', name: '' };
  if (section === 'admin') return { thing: 'admin', name: '' };
  if (section === 'gateway') return { thing: 'gateway', name: '' };
  if (
    section === 'mail' ||
    section === 'archives' ||
    section === 'runs' ||
    section === 'acme' ||
    section === 'authority' ||
    section === 'sign-in'
  )
    return { thing: section, name: '' };
  const thing = section === undefined ? undefined : things[section];
  return thing && name !== undefined ? { thing, name } : { thing: 'site', name: '' };
}

/** What is written there names a file, or is the secret itself. */
const secretKeys = new Set(['password', 'client-secret', 'secret', 'passphrase']);

const typeCodes: Readonly<Record<string, Code>> = {
  string: 'value.type.text',
  number: 'value.type.number',
  int: 'value.type.integer',
  boolean: 'value.type.boolean',
  object: 'value.type.map',
  record: 'value.type.map',
  array: 'value.type.list',
};

/** The value that a path leads to. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path)
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? at[key as never] : undefined;
  return at;
}

/**
 * What zod holds against an entry, as findings. `base` is where the entry stands, `raw` what was written there, and
 * `known` tells the keys that may stand at a path of the whole description, for hints.
 */
export function findingsOf(
  issues: readonly Issue[],
  base: Path,
  raw: unknown,
  known: (path: Path) => readonly string[],
): Finding[] {
  return issues.flatMap((issue) => findings(issue, [], base, raw, known));
}

function findings(
  issue: Issue,
  above: Path,
  base: Path,
  raw: unknown,
  known: (path: Path) => readonly string[],
): Finding[] {
  const inner = [...above, ...issue.path.map((p) => (typeof p === 'number' ? p : String(p)))];
  const path = [...base, ...inner];
  const value = valueAt(raw, inner);
  const key = String(path.findLast((p) => typeof p === 'string') ?? '');
  const at = { severity: 'error', pointer: pointer(...path) } as const;
  const { thing, name } = thingAt(path);

  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((unknown) => ({
      severity: 'error',
      code: `${thing}.key.unknown` as Code,
      params: { key: unknown, name },
      pointer: pointer(...path, unknown),
      onKey: true,
      hint: knownHint(unknown, known(path)),
    }));
  if (value === undefined && inner.length > 0 && issue.code !== 'custom') {
    const around = thingAt(path.slice(0, -1));
    return [
      {
        severity: 'error',
        code: `${around.thing}.key.missing` as Code,
        params: { key, name: around.name },
        pointer: pointer(...path.slice(0, -1)),
        onKey: true,
      },
    ];
  }
  switch (issue.code) {
    case 'invalid_union':
      if ('options' in issue) return [{ ...at, ...choice(value, (issue.options ?? []).map(String)) }];
      return fromUnion(issue, value).flatMap((i) => {
        if (i === 'form') return [{ ...at, code: 'value.form', params: { key, value: shown(value) } }];
        // Beside words, keys and values may stand there.
        if (i.code === 'invalid_value' && i.path.length === 0 && known(path).length > 0)
          return [{ ...at, ...choice(value, [...i.values.map(String), `{ ${shortList(known(path))} }`]) }];
        return findings(i, inner, base, raw, known);
      });
    case 'invalid_type':
      // Whatever was written there may be the secret itself.
      if (secretKeys.has(key))
        return [{ ...at, code: 'secret.written', params: {}, hint: message('secret.written.hint') }];
      // A word that is written with a unit says how (see `lib/words.ts`), in place of its type.
      if (isCode(issue.message)) return [{ ...at, ...custom({ code: issue.message }, key, value) }];
      return [
        {
          ...at,
          code: typeCodes[issue.expected] ?? 'value.form',
          params: { key, value: shown(value) },
          ...(typeCodes[issue.expected] === 'value.type.map' ? mapHint(key, known(path)) : {}),
          ...(issue.expected === 'string' && typeof value !== 'object' && value !== null
            ? { hint: message('hint.quote') }
            : {}),
        },
      ];
    case 'invalid_value':
      return [{ ...at, ...choice(value, issue.values.map(String)) }];
    case 'too_small':
    case 'too_big': {
      const small = issue.code === 'too_small';
      const limit = Number(small ? issue.minimum : issue.maximum);
      if (typeof value === 'number')
        return [{ ...at, code: small ? 'value.least' : 'value.most', params: { value, limit } }];
      const code = !small ? 'value.long' : limit <= 1 ? 'value.empty' : 'value.short';
      return [{ ...at, code, params: { key } }];
    }
    case 'custom':
      return [{ ...at, ...custom(issue.params, key, value) }];
    default:
      if (isCode(issue.message)) return [{ ...at, ...custom({ code: issue.message }, key, value) }];
      return [{ ...at, code: 'value.form', params: { key, value: shown(value) } }];
  }
}

/** Whether what zod says is a message of the catalogue, which the schema named. */
const isCode = (text: string): boolean => /^value\.[a-z.]+$/.test(text);

/** How keys and values are written, where something else was. */
function mapHint(key: string, known: readonly string[]): Pick<Finding, 'hint'> {
  const [first] = known;
  return first === undefined ? {} : { hint: message('hint.map', { key, first, known: shortList(known) }) };
}

/** A word that is none of those that there are. */
function choice(value: unknown, choices: readonly string[]): Pick<Finding, 'code' | 'params' | 'hint'> {
  const hint = typeof value === 'string' ? knownHint(value, choices) : undefined;
  return {
    code: 'value.choice',
    params: { value: shown(value), choices: choices.join(', ') },
    ...(hint?.code === 'hint.nearest' ? { hint } : {}),
  };
}

/** A custom issue names its message in `params.code`, and may name a hint in `params.hint` (see `lib/words.ts`). */
function custom(
  params: Readonly<Record<string, unknown>> | undefined,
  key: string,
  value: unknown,
): { code: Code; params: Finding['params']; hint?: Message } {
  const { code, hint, ...rest } = params ?? {};
  const values: Record<string, string | number> = { key, value: shown(value) };
  for (const [name, v] of Object.entries(rest)) values[name] = typeof v === 'number' ? v : shown(v);
  return {
    code: typeof code === 'string' ? (code as Code) : 'value.form',
    params: values,
    ...(typeof hint === 'string' ? { hint: message(hint as Code, values) } : {}),
  };
}

/**
 * The issues of the form that was most likely meant: one whose outer type fits what was written, and of several the
 * one with the fewest complaints. Words that fit none of the choices are told all of them.
 */
function fromUnion(issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): (Issue | 'form')[] {
  const forms: readonly (readonly Issue[])[] = issue.errors;
  const fitting = forms.filter((form) => !form.some((i) => i.path.length === 0 && i.code === 'invalid_type'));
  const isChoice = (form: readonly Issue[]) =>
    form.every((i) => i.path.length === 0 && i.code === 'invalid_value');
  const meant = fitting.filter((f) => !isChoice(f)).sort((a, b) => complaints(a) - complaints(b))[0];
  if (meant) return [...meant];
  const choices = fitting.flat().flatMap((i) => (i.code === 'invalid_value' ? i.values : []));
  const scalar = typeof value !== 'object' || value === null;
  return choices.length > 0 && scalar
    ? [{ code: 'invalid_value', values: choices, path: [], message: '', input: value }].map((i) => i as Issue)
    : ['form'];
}

/** How many things are wrong; one issue tells all the unknown keys. */
function complaints(form: readonly Issue[]): number {
  return form.reduce((sum, i) => sum + (i.code === 'unrecognized_keys' ? i.keys.length : 1), 0);
}

/** The keys that a JSON Schema has at a path: what editors complete there is what hints suggest. */
export function keysAt(schema: unknown, path: Path): readonly string[] {
  let nodes: readonly unknown[] = [schema];
  for (const key of path) nodes = nodes.flatMap(forms).flatMap((n) => inside(n, key));
  return nodes.flatMap(forms).flatMap((n) => Object.keys((n.properties as object | undefined) ?? {}));
}

function forms(node: unknown): readonly Record<string, unknown>[] {
  if (typeof node !== 'object' || node === null) return [];
  const schema = node as Record<string, unknown>;
  const several = schema.anyOf ?? schema.oneOf;
  return Array.isArray(several) ? several.flatMap(forms) : [schema];
}

function inside(schema: Record<string, unknown>, key: string | number): readonly unknown[] {
  if (typeof key === 'number') return [schema.items];
  const properties = schema.properties as Record<string, unknown> | undefined;
  return properties && Object.hasOwn(properties, key) ? [properties[key]] : [schema.additionalProperties];
}
