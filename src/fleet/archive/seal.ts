import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { languages, type Site } from '../../model/site.ts';
import { withLock } from '../../store/lock.ts';
import { type RecordedRun, readRun } from '../journal.ts';
import { type BytesRead, type Content, contentsOf, endOf, made, resultsOf } from './contents.ts';
import { openSealingKey } from './key.ts';
import { archivedHosts, type Manifest, manifestOf } from './manifest.ts';
import { writeTar } from './pack.ts';
import { type Ends, pageName, runPage } from './page.ts';
import { signatureOf } from './signature.ts';
import { writeSums } from './sums.ts';
import { largestList } from './verify.ts';

/** A run that is to be archived. */
export interface Sealing {
  /** The state folder. */
  readonly state: string;
  readonly run: string;
  readonly site: Pick<Site, 'name' | 'language' | 'timezone'>;
  /** The file to write, or the folder to put it in; default: `archives` of the state folder. */
  readonly out?: string;
  /** Counts the bytes that are read, each file's twice. */
  readonly progress?: BytesRead;
}

/** An archive that was written. */
export interface Sealed {
  readonly run: string;
  readonly file: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  /** Of the key that signed it. */
  readonly fingerprint: string;
  readonly manifest: Manifest;
}

/** The file name of a run's archive. */
export function archiveName(run: string): string {
  return `poterne-run-${run}.tar.gz`;
}

/** Where archives are that were given no place of their own. */
export function archivesFolder(state: string): string {
  return join(state, 'archives');
}

/**
 * Seals a run, ended or interrupted, as one signed archive; the same run gives the same bytes. Throws `run.unknown`,
 * `lock.held` while the run is under way, `archive.changing` and `archive.unwritten`.
 */
export async function archiveRun(sealing: Sealing): Promise<Sealed> {
  const { state, run: id, site, out, progress = { bytes: 0 } } = sealing;
  const { folder } = await readRun(state, id);
  return withLock(folder, 0, async () => {
    const run = await readRun(state, id);
    const file = await placeOf(state, id, out);
    const name = archiveName(id);
    const key = await openSealingKey(state);
    const { name: siteName, language, timezone } = site;
    const hosts = archivedHosts(run, await resultsOf(run));
    const ends = await endsOf(run);
    const gathered = await contentsOf(run, hosts, progress);
    const told = manifestOf(run, { name: siteName, language, timezone }, hosts, []);
    const pages = languages.map((each) =>
      made(pageName(told, each), runPage(told, ends, each, key.fingerprint)),
    );
    const files = [...pages, made('signer.pub', `${key.line}\n`), ...gathered];
    const manifest: Manifest = {
      ...told,
      files: files.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
    };
    const listed = [made('manifest.json', `${JSON.stringify(manifest, null, 1)}\n`), ...files];
    const sums = writeSums(listed);
    if (Math.max(sums.length, listed[0]?.size ?? 0) > largestList) throw crowded(file);
    // Whoever checks it has what everything is checked against before the rest comes.
    const contents: Content[] = [
      made('SHA256SUMS', sums),
      made('SHA256SUMS.sig', signatureOf(key.secret, Buffer.from(sums))),
      ...listed,
    ];
    const written = await writeTar(file, `poterne-run-${id}`, contents, new Date(run.last), progress);
    return { run: id, file, name, ...written, fingerprint: key.fingerprint, manifest };
  });
}

/** What each host said last. */
async function endsOf(run: RecordedRun): Promise<Ends> {
  const ends = new Map<string, { stdout: string; stderr: string }>();
  for (const host of run.hosts)
    ends.set(host, { stdout: await endOf(run, host, 'stdout'), stderr: await endOf(run, host, 'stderr') });
  return ends;
}

/** The file to write, its folder made where it is ours. */
async function placeOf(state: string, id: string, out: string | undefined): Promise<string> {
  if (out === undefined) {
    const folder = archivesFolder(state);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return join(folder, archiveName(id));
  }
  const path = resolve(out);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return join(path, archiveName(id));
  if (!out.endsWith('/') && (await stat(dirname(path)).catch(() => undefined))?.isDirectory()) return path;
  const params = { file: path, reason: 'ENOENT' };
  throw new Fault('archive.unwritten', params, { next: message('archive.unwritten.next', params) });
}

/** Nobody could check so many files without unpacking them. */
function crowded(file: string): Fault {
  const params = { file, reason: 'EFBIG' };
  return new Fault('archive.unwritten', params, { next: message('archive.unwritten.next', params) });
}
