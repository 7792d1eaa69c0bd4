import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '../src/hosts/files.ts';
import { LabError } from './error.ts';
import { exec } from './system.ts';

/** Releases that the lab can boot, by the name Debian gives them. */
export const releases = ['bookworm', 'trixie'] as const;
export type Release = (typeof releases)[number];

interface Entry {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly signedBy: string | undefined;
}

/** Lines for apt that name a release on the mirrors that this machine itself uses. */
export async function sourcesOf(release: Release): Promise<readonly string[]> {
  const codename = await machineCodename();
  const lines = (await machineEntries()).flatMap(({ uri, suite, components, signedBy }) => {
    // Only Debian's own archive: what others add for this machine need not exist for another release.
    const [, pocket] = /^([a-z]+)(|-updates|-security)$/.exec(suite)?.slice(1) ?? [];
    if (pocket === undefined || suite !== `${codename}${pocket}` || !components.includes('main')) return [];
    const options = signedBy === undefined ? '' : `[signed-by=${signedBy}] `;
    return [`deb ${options}${uri} ${release}${pocket} main`];
  });
  if (lines.length === 0)
    throw new LabError(`apt's sources on this machine name no Debian mirror for "${codename}".`);
  return [...new Set(lines)];
}

/** How apt reaches mirrors from here (proxies, retries, tolerated dates), to be said again inside a base. */
export async function aptOptions(): Promise<readonly string[]> {
  const { stdout } = await exec(['apt-config', 'dump']);
  return stdout
    .split('\n')
    .filter((line) => /^Acquire::(Check-|Retries|https?::(Proxy|CaInfo)|ForceIPv)\S* "[^"]+";$/.test(line));
}

async function machineCodename(): Promise<string> {
  const release = (await readIfThere('/etc/os-release')) ?? '';
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  if (!/^ID=debian$/m.test(release) || codename === undefined)
    throw new LabError(
      'The lab takes its packages from the mirrors of a Debian machine; this is another system.',
    );
  return codename;
}

async function machineEntries(): Promise<readonly Entry[]> {
  const folder = '/etc/apt/sources.list.d';
  const names = (await readdir(folder).catch(() => [])).sort();
  const entries: Entry[] = parseOneLine((await readIfThere('/etc/apt/sources.list')) ?? '');
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8');
    if (name.endsWith('.sources')) entries.push(...parseDeb822(text));
    else if (name.endsWith('.list')) entries.push(...parseOneLine(text));
  }
  return entries;
}

/** `deb [options] URI SUITE COMPONENT…`, one a line. */
export function parseOneLine(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (!match) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(options)?.[1];
    return [{ uri, suite, components: components.trim().split(/\s+/), signedBy }];
  });
}

/** Stanzas of `Types:`, `URIs:`, `Suites:`, `Components:`. */
export function parseDeb822(text: string): Entry[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    for (const line of stanza.split('\n')) {
      const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
      if (match) fields.set((match[1] as string).toLowerCase(), (match[2] as string).trim());
    }
    const words = (name: string) => (fields.get(name) ?? '').split(/\s+/).filter(Boolean);
    if (!words('types').includes('deb') || fields.get('enabled') === 'no') return [];
    // A key may also be given in full, in lines that follow: only a file can be named again elsewhere.
    const signedBy = words('signed-by').find((word) => word.startsWith('/'));
    return words('uris').flatMap((uri) =>
      words('suites').map((suite) => ({ uri, suite, components: words('components'), signedBy })),
    );
  });
}
