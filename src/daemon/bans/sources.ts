import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Offence } from '../../model/bans.ts';
import { followFile } from '../follow-file.ts';
import { activeManifest } from '../gateway.ts';
import { ownQuestions } from '../waf/own.ts';
import { ofAccess, ofAudit, ofHandshake, ofWaf, type SignInSeen } from './offences.ts';

/** What has been seen since the last time. */
export interface Seen {
  readonly offences: readonly Offence[];
  readonly signIns: readonly SignInSeen[];
}

/** The logs of a state folder that tell of offences, from their end on. */
export function followSources(state: string): { look(): Promise<Seen>; close(): Promise<void> } {
  const log = (name: string) => followFile(join(state, 'nginx', 'log', name), 'end');
  const sources = [
    { file: log('access.log'), of: ofAccess },
    { file: log('unknown.log'), of: ofHandshake },
  ];
  const waf = log('waf.log');
  let isOwn: ReturnType<typeof ownQuestions> | undefined;
  const namesOf = publicationNames(state);
  const audit = followNewest(join(state, 'audit'));
  return {
    async look() {
      const offences = await Promise.all(
        sources.map(async ({ file, of }) => (await file.lines()).flatMap((line) => of(line) ?? [])),
      );
      const signIns = (await audit.lines()).flatMap((line) => ofAudit(line) ?? []);
      const found = await waf.lines();
      isOwn ??= ownQuestions(state);
      const own = await isOwn;
      const names = found.length > 0 ? await namesOf() : undefined;
      return {
        offences: [...offences.flat(), ...found.flatMap((line) => ofWaf(line, own, names) ?? [])],
        signIns,
      };
    },
    close: async () => {
      for (const { file } of sources) await file.close();
      await waf.close();
      await audit.close();
    },
  };
}

/** By id, what is served; looked at again once another generation is. */
function publicationNames(state: string): () => Promise<ReadonlyMap<string, string>> {
  let known: { readonly of: string; readonly names: ReadonlyMap<string, string> } | undefined;
  return async () => {
    const of = await readlink(join(state, 'nginx', 'current')).catch(() => '');
    if (known?.of === of) return known.names;
    const publications = (await activeManifest(state))?.site.publications ?? [];
    known = { of, names: new Map(publications.map(({ id, name }) => [id, name])) };
    return known.names;
  };
}

/** The last file of a log that begins a new one now and then, each called by its number. */
function followNewest(folder: string) {
  let followed: { readonly name: string; readonly file: ReturnType<typeof followFile> } | undefined;
  return {
    async lines(): Promise<readonly string[]> {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jsonl')).sort();
      const name = names.at(-1);
      if (name === undefined) return [];
      const some = (await followed?.file.lines()) ?? [];
      if (followed?.name === name) return some;
      await followed?.file.close();
      followed = { name, file: followFile(join(folder, name), followed ? 'beginning' : 'end') };
      return [...some, ...(await followed.file.lines())];
    },
    close: async () => followed?.file.close(),
  };
}
