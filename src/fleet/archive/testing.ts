import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { sha256 } from '../../lib/digest.ts';
import type { RunOutcome, RunSpec } from '../../model/run.ts';
import { hostFolder, newRun, openJournal, scriptFile } from '../journal.ts';

/** What a host of a made run gave. */
export interface MadeHost {
  /** Absent: the script was begun, and its end was never written down. */
  readonly outcome?: RunOutcome;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly files?: Readonly<Record<string, string>>;
}

export const script = '#!/bin/sh\necho "$1"\n';

/** A run's folder as `carryOut` leaves it; hosts in `never` were not begun. */
export async function madeRun(
  state: string,
  hosts: Readonly<Record<string, MadeHost>>,
  given: Partial<RunSpec> & { readonly never?: readonly string[]; readonly at?: string } = {},
): Promise<string> {
  const { never = [], at = '2026-11-25T17:30:00Z', ...more } = given;
  const { id, folder } = await newRun(state, new Date(at));
  await writeFile(scriptFile(folder), script);
  const spec: RunSpec = {
    ...{ script: 'Fichier_fourni.sh', sha256: sha256(script), on: 'group:production', as: 'User_DollarU' },
    ...{ login: false, args: ['SOC_PRODUCTION'], collect: ['/tmp/*'], collectMost: 1e9, limit: 60 },
    ...{ retries: 0, batches: [], stopAt: 1, ...more },
  };
  const journal = await openJournal(folder);
  await journal.add({ event: 'run', at, spec, hosts: [...Object.keys(hosts), ...never] });
  for (const [host, { outcome, stdout = '', stderr = '', files = {} }] of Object.entries(hosts)) {
    await journal.add({ event: 'begin', at, host });
    const place = hostFolder(folder, host);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'stdout'), stdout);
    await writeFile(join(place, 'stderr'), stderr);
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(place, 'files', file)), { recursive: true });
      await writeFile(join(place, 'files', file), text);
    }
    if (!outcome) continue;
    const collected = Object.entries(files).map(([file, text]) => ({
      ...{ path: `/${file}`, file: join('files', file), size: text.length, sha256: sha256(text) },
    }));
    const result = {
      ...{ host, outcome, begun: at, milliseconds: 1500, scriptMilliseconds: 1200, attempts: 1 },
      ...{ stdout: stdout.length, stderr: stderr.length, files: collected, skipped: [] },
    };
    await writeFile(join(place, 'result.json'), JSON.stringify(result));
    await journal.add({ event: 'end', at, host, outcome });
  }
  await journal.close();
  return id;
}

/** An entry of a tar, as tar-stream writes it. */
export interface RawEntry extends Partial<Header> {
  readonly name: string;
  readonly content?: Buffer;
}

/** A `.tar.gz` of whatever entries. */
export async function tarOf(entries: readonly RawEntry[]): Promise<Buffer> {
  const made = pack();
  for (const { content, ...header } of entries)
    if (content) made.entry({ mtime: new Date(0), ...header }, content);
    else made.entry({ mtime: new Date(0), ...header });
  made.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of made) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** The entries of an archive that tar itself can read. */
export async function entriesOf(archive: Buffer): Promise<RawEntry[]> {
  const { extract } = await import('tar-stream');
  const reading = extract();
  const found: RawEntry[] = [];
  const done = (async () => {
    for await (const entry of reading) {
      const parts: Buffer[] = [];
      for await (const bytes of entry) parts.push(bytes as Buffer);
      const { name, type, mode } = entry.header;
      found.push({
        ...{ name, ...(type ? { type } : {}), ...(mode === undefined ? {} : { mode }) },
        ...(type === 'file' ? { content: Buffer.concat(parts) } : {}),
      });
    }
  })();
  reading.end(gunzipSync(archive));
  await done;
  return found;
}
