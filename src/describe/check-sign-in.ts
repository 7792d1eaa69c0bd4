import { knownHint, shortList } from '../lib/hints.ts';
import { parseNetwork } from '../lib/ip.ts';
import { message } from '../model/message.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type { Checking } from './checking.ts';
import { isAddressLike, matchOf, normalName } from './names.ts';
import type { Parsed } from './parse.ts';

/** How long somebody may stay signed in, in milliseconds. */
const bounds = { least: 60_000, most: 30 * 86_400_000, remembered: 365 * 86_400_000 };

/** The groups in the description's words: of described people, of directories, and those that guests may be given. */
export function knownGroups({ site, people, directories }: Parsed): readonly string[] {
  return [
    ...new Set([
      ...[...people.values()].flatMap(({ groups }) => groups),
      ...[...directories.values()].flatMap(({ groups }) => Object.keys(groups)),
      ...(site?.['sign-in']?.guests ?? []),
    ]),
  ];
}

/** Reports groups that nobody can be in. */
export function checkGroups({ parsed, report }: Checking, groups: readonly string[], at: Pointer): void {
  const known = knownGroups(parsed);
  for (const [i, name] of groups.entries())
    if (!known.includes(name))
      report('error', {
        code: 'person.group.unknown',
        params: { name },
        pointer: `${at}/${i}`,
        hint: known.length === 0 ? message('person.group.unknown.hint') : knownHint(name, known),
      });
}

/** Reports what is no zone, no network and, where that is meant, not `internet`. */
export function checkFrom(
  checking: Checking,
  from: readonly string[],
  at: Pointer,
  kind: 'networks' | 'internet too' = 'internet too',
): void {
  const { parsed, report, reference } = checking;
  for (const [i, who] of from.entries()) {
    const here = `${at}/${i}`;
    if (from.indexOf(who) < i)
      report('warning', { code: 'value.twice', params: { value: who }, pointer: here });
    if (who === 'everyone')
      report('error', {
        code: 'audience.everyone',
        params: {},
        pointer: here,
        hint: message(kind === 'networks' ? 'audience.everyone.hint' : 'audience.everyone.rule'),
      });
    else if (
      (who === 'internet' && kind !== 'networks') ||
      parsed.zones.has(who) ||
      parseNetwork(who) !== undefined
    )
      continue;
    else if (isAddressLike(who))
      report('error', {
        code: 'value.network',
        params: { value: who },
        pointer: here,
        ...(parsed.names.zones.length > 0
          ? { hint: message('hint.zones', { known: shortList(parsed.names.zones) }) }
          : {}),
      });
    else reference('zones', who, here);
  }
}

/** The portal, and the directories that people come from. */
export function checkSignIn(checking: Checking): void {
  const { parsed } = checking;
  for (const name of parsed.names.directories) checkDirectory(checking, name);
  if (parsed.site?.['sign-in']) checkPortal(checking);
  else if (!('sign-in' in checking.sources.root)) checkUnused(checking);
}

function checkPortal(checking: Checking): void {
  const { parsed, report, other } = checking;
  const entry = parsed.site?.['sign-in'];
  if (!entry) return;
  const twin = parsed.names.publications.find(
    (name) => matchOf(normalName(name)) === 'exact' && normalName(name) === entry.at,
  );
  if (twin !== undefined)
    report('error', {
      code: 'sign-in.at.taken',
      params: { name: entry.at },
      pointer: '/sign-in/at',
      hint: other(pointer('publications', twin)),
    });
  for (const [i, source] of (entry.sources ?? []).entries()) {
    const here = `/sign-in/sources/${i}`;
    if (entry.sources?.indexOf(source) !== i)
      report('warning', { code: 'value.twice', params: { value: source }, pointer: here });
    if (source !== 'local' && !parsed.names.directories.includes(source))
      report('error', {
        code: 'directory.unknown',
        params: { name: source },
        pointer: here,
        hint: knownHint(source, ['local', ...parsed.names.directories]),
      });
  }
  const { idle, longest } = entry.session;
  for (const [key, value] of [
    ['idle', idle],
    ['longest', longest],
  ] as const)
    if (value < bounds.least || value > bounds.most)
      report('error', { code: 'sign-in.session', params: { key }, pointer: `/sign-in/session/${key}` });
  if (idle > longest)
    report('error', { code: 'sign-in.session.idle', params: {}, pointer: '/sign-in/session/idle' });
  const { remember, required } = entry['second-factor'];
  const at = '/sign-in/second-factor';
  if (remember !== undefined && (remember < bounds.least || remember > bounds.remembered))
    report('error', { code: 'sign-in.remember', params: {}, pointer: `${at}/remember` });
  for (const [i, { groups, from }] of required.entries()) {
    const here = `${at}/required/${i}`;
    if (groups === undefined && from === undefined)
      report('error', {
        code: 'sign-in.required.empty',
        params: {},
        pointer: here,
        hint: message('sign-in.required.empty.hint'),
      });
    checkGroups(checking, groups ?? [], `${here}/groups`);
    checkFrom(checking, from ?? [], `${here}/from`);
  }
  const { logo } = entry.brand;
  if (logo !== undefined && !/\.(svg|png)$/i.test(logo))
    report('error', { code: 'sign-in.logo', params: { file: logo }, pointer: '/sign-in/brand/logo' });
}

function checkDirectory({ parsed, report, whole, other }: Checking, name: string): void {
  const at = pointer('directories', name);
  const key = { pointer: at, onKey: true };
  if (!/^[a-z0-9][a-z0-9_-]*$/i.test(name))
    report('error', { code: 'directory.name', params: { name }, ...key });
  else if (name.toLowerCase() === 'local')
    report('error', { code: 'directory.local', params: {}, ...key, hint: message('directory.local.hint') });
  const entry = parsed.directories.get(name);
  if (!entry) return;
  if (whole(at) && Object.keys(entry.groups).length === 0)
    report('note', {
      code: 'directory.groups.missing',
      params: { name },
      ...key,
      hint: message('directory.groups.missing.hint'),
    });
  if (entry.kind === 'openid') {
    if (!entry.scopes.includes('openid') && whole(at))
      report('error', { code: 'directory.scopes', params: {}, pointer: `${at}/scopes` });
    return;
  }
  const seen = new Map<string, number>();
  for (const [i, { host, port }] of entry.servers.entries()) {
    const first = seen.get(`${host}:${port}`);
    if (first === undefined) seen.set(`${host}:${port}`, i);
    else
      report('error', {
        code: 'value.twice',
        params: { value: `${host}:${port}` },
        pointer: `${at}/servers/${i}`,
        hint: other(`${at}/servers/${first}`, false),
      });
  }
}

/** People of a directory have nowhere to sign in. */
function checkUnused({ parsed, report }: Checking): void {
  for (const name of parsed.names.directories)
    report('warning', {
      code: 'directory.unused',
      params: { name },
      pointer: pointer('directories', name),
      onKey: true,
      hint: message('sign-in.missing.hint'),
    });
}
