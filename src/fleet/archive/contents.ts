import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '../../hosts/files.ts';
import { sha256 } from '../../lib/digest.ts';
import type { RunHost } from '../../model/run.ts';
import { hostFolder, type RecordedRun, scriptFile } from '../journal.ts';
import type { ArchivedFile, ArchivedHost } from './manifest.ts';
import { scriptPath } from './manifest.ts';

/** A file that goes into an archive: what it says, or where it is. */
export type Content = ArchivedFile & ({ readonly text: string } | { readonly source: string });

/** How many bytes were read so far, for whoever watches. */
export interface BytesRead {
  bytes: number;
}

/** A text that is made for the archive. */
export function made(path: string, text: string): Content {
  return { path, size: Buffer.byteLength(text), sha256: sha256(text), text };
}

/** The script, and all that hosts gave, each read once for its digest. */
export async function contentsOf(
  run: RecordedRun,
  hosts: readonly ArchivedHost[],
  progress: BytesRead,
): Promise<readonly Content[]> {
  const found = [await onDisk(scriptPath(run.spec.script), scriptFile(run.folder), progress)];
  for (const { host, folder } of hosts)
    for (const below of await filesBelow(hostFolder(run.folder, host)))
      found.push(await onDisk(`${folder}/${below}`, join(hostFolder(run.folder, host), below), progress));
  return found;
}

/** What the hosts' own folders say of them; those that have said nothing whole are left out. */
export async function resultsOf(run: RecordedRun): Promise<ReadonlyMap<string, RunHost>> {
  const results = new Map<string, RunHost>();
  for (const host of run.hosts) {
    const text = await readIfThere(join(hostFolder(run.folder, host), 'result.json'));
    if (text !== undefined) results.set(host, JSON.parse(text) as RunHost);
  }
  return results;
}

/** The end of a host's output, for the summary. */
export async function endOf(run: RecordedRun, host: string, stream: 'stdout' | 'stderr'): Promise<string> {
  const most = 4096;
  const file = await open(join(hostFolder(run.folder, host), stream), 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, most));
    await file.read(bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString('utf8').trimEnd().split('\n');
    const isWhole = size <= most && lines.length <= 20;
    return isWhole
      ? lines.join('\n')
      : `…\n${lines
          .slice(size > most ? 1 : 0)
          .slice(-20)
          .join('\n')}`;
  } finally {
    await file.close();
  }
}

/** Regular files below a folder, relative to it, in the order of their bytes. */
async function filesBelow(folder: string, below = ''): Promise<readonly string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(folder, path)));
    // What a crash left of a result that was being written is none.
    else if (entry.isFile() && !/^result\.json\.[0-9a-f]{12}\.tmp$/.test(path)) found.push(path);
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function onDisk(path: string, source: string, progress: BytesRead): Promise<Content> {
  const { size } = await lstat(source);
  const hash = createHash('sha256');
  if (size > 0)
    for await (const bytes of createReadStream(source, { end: size - 1 })) {
      hash.update(bytes);
      progress.bytes += bytes.length;
    }
  return { path, size, sha256: hash.digest('hex'), source };
}
