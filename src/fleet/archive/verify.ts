import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { sha256 } from '../../lib/digest.ts';
import { shortSize } from '../../lib/size.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { readerOf } from '../reader.ts';
import type { BytesRead } from './contents.ts';
import { manifestIn, type Told } from './manifest.ts';
import { fingerprintOf, type PublicKey, signerOf } from './signature.ts';
import { readSums } from './sums.ts';
import { readTar, type Take, type TarEntry, torn } from './tar.ts';

/** Something about a file of an archive that is not as it was sealed. */
export interface Flaw {
  readonly path: string;
  readonly is: 'changed' | 'missing' | 'additional';
}

/** What an archive is worth. */
export interface Verified {
  /** Every file as it was sealed, none missing, none more, signed by a key that is known. */
  readonly ok: boolean;
  /** `ours`: this machine's key. `named`: the one that was asked for. `none`: the signature is not of this list. */
  readonly signature: 'ours' | 'named' | 'unknown' | 'none';
  /** Of the key that made the signature. */
  readonly fingerprint?: string;
  readonly files: number;
  readonly bytes: number;
  readonly flaws: readonly Flaw[];
  /** What it says of the run; absent when that itself was changed. */
  readonly told?: Told;
}

/** The keys that a signature may be by. */
export interface Trust {
  /** This machine's own. */
  readonly own?: PublicKey;
  /** The one that was asked for, by itself or by its fingerprint; then no other will do. */
  readonly named?: { readonly key: PublicKey } | { readonly fingerprint: string };
  /** Bytes that are unpacked at most of an archive whose signer is not known. */
  readonly most: number;
}

/** Of the parts that are held in memory. */
export const largestList = 64 * 2 ** 20;
const mostEntries = 500_000;
/** What tar adds to files, and what they may have grown by without that being an attack. */
const slack = 64 * 2 ** 20;

/** The parts that come first, since all others are checked against them, in this order. */
export const firstParts = ['SHA256SUMS', 'SHA256SUMS.sig', 'manifest.json'] as const;

/**
 * Checks an archive without unpacking it: reads it once, and holds in memory no more than its lists. Throws what is no archive
 * of ours or is made to do harm: `archive.unreadable`, `archive.torn`, `archive.form`, `archive.kind`, `archive.name`,
 * `archive.twice`, `archive.large`.
 */
export async function verifyArchive(
  file: string,
  trust: Trust,
  progress: BytesRead = { bytes: 0 },
): Promise<Verified> {
  const checking = checkingWith(trust);
  const counted = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      progress.bytes += bytes.length;
      done(checking.count(bytes.length) ?? null, bytes);
    },
  });
  try {
    if (!(await stat(file)).isFile()) throw Object.assign(new Error(), { code: 'EISDIR' });
    await pipeline(createReadStream(file), createGunzip(), counted, (unpacked) =>
      readTar(readerOf(Readable.from(unpacked)), checking.take),
    );
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const { code = '', message: reason } = cause as NodeJS.ErrnoException;
    if (/^Z_/.test(code)) throw torn(cause);
    const params = { file, reason: code || reason };
    throw new Fault('archive.unreadable', params, { cause, next: message('archive.unreadable.next') });
  }
  return checking.result();
}

interface Checking {
  /** Bytes came out of the compression; a fault when those are more than there should be. */
  count(bytes: number): Fault | undefined;
  readonly take: Take;
  result(): Verified;
}

/** What is known of an archive, as it comes by. */
function checkingWith(trust: Trust): Checking {
  const first: Buffer[] = [];
  const seen = new Set<string>();
  const folders = new Set<string>();
  const flaws: Flaw[] = [];
  let [top, unpacked, named, files, bytes, most] = ['', 0, 0, 0, 0, trust.most];
  let sums: ReadonlyMap<string, string> = new Map();
  let signer: PublicKey | undefined;
  let told: Told | undefined;

  /** Has the parts that came first say what must follow. */
  const begin = () => {
    const [list = Buffer.alloc(0), signature = Buffer.alloc(0), manifest = Buffer.alloc(0)] = first;
    sums = readSums(list.toString()) ?? refuse('archive.form', firstParts[0]);
    signer = signerOf(signature.toString(), list);
    const isSealed = sums.get(firstParts[2]) === sha256(manifest);
    const read = isSealed ? manifestIn(manifest.toString()) : undefined;
    if (isSealed && !read) refuse('archive.form', firstParts[2]);
    told = read?.told;
    // Only who is known may say how much there is to come.
    if (read && isKnown(signatureIs())) {
      const total = [...read.sizes.values()].reduce((sum, size) => sum + size, 0);
      most = total + slack + 4096 * sums.size;
    }
    if (!isSealed) flaws.push({ path: firstParts[2], is: 'changed' });
    seen.add(firstParts[2]);
  };
  const signatureIs = (): Verified['signature'] => {
    if (!signer) return 'none';
    const { own, named } = trust;
    if (named) {
      const isNamed = 'key' in named ? named.key.equals(signer) : named.fingerprint === fingerprintOf(signer);
      return isNamed ? 'named' : 'unknown';
    }
    return own?.equals(signer) ? 'ours' : 'unknown';
  };

  return {
    count(more) {
      unpacked += more;
      if (unpacked <= most) return undefined;
      const params = { size: shortSize(most) };
      return new Fault('archive.large', params, { next: message('archive.large.next') });
    },
    take: async (entry, content) => {
      const path = below(entry);
      if (seen.has(path) || folders.has(path)) refuse('archive.twice', entry.name);
      named += entry.name.length;
      if (named > largestList || seen.size + folders.size > mostEntries) refuse('archive.form', entry.name);
      if (entry.kind === 'folder') {
        folders.add(path);
        return content(() => undefined);
      }
      if (first.length < firstParts.length) {
        if (path !== firstParts[first.length] || entry.size > largestList) refuse('archive.form', entry.name);
        const parts: Buffer[] = [];
        await content((some) => void parts.push(Buffer.from(some)));
        first.push(Buffer.concat(parts));
        seen.add(path);
        if (first.length === firstParts.length) begin();
        return;
      }
      seen.add(path);
      files++;
      bytes += entry.size;
      const hash = createHash('sha256');
      await content((some) => void hash.update(some));
      const sealed = sums.get(path);
      if (sealed === undefined) flaws.push({ path, is: 'additional' });
      else if (sealed !== hash.digest('hex')) flaws.push({ path, is: 'changed' });
    },
    result() {
      if (first.length < firstParts.length) refuse('archive.form', '');
      for (const path of sums.keys()) if (!seen.has(path)) flaws.push({ path, is: 'missing' });
      for (const path of strangeFolders(folders, sums)) flaws.push({ path, is: 'additional' });
      const signature = signatureIs();
      return {
        ok: flaws.length === 0 && isKnown(signature),
        signature,
        ...(signer ? { fingerprint: fingerprintOf(signer) } : {}),
        ...{ files, bytes, flaws },
        ...(told ? { told } : {}),
      };
    },
  };

  /** The path below the archive's one folder. */
  function below({ name, kind }: TarEntry): string {
    const [folder = '', ...rest] = name.split('/');
    top ||= folder;
    if (folder !== top || !/^poterne-run-[0-9a-z-]+$/.test(folder)) refuse('archive.form', name);
    if (rest.length === 0 && kind === 'file') refuse('archive.form', name);
    return rest.join('/');
  }
}

function isKnown(signature: Verified['signature']): boolean {
  return signature === 'ours' || signature === 'named';
}

/** Folders that no file is in. */
function strangeFolders(folders: ReadonlySet<string>, sums: ReadonlyMap<string, string>): readonly string[] {
  const used = new Set(['']);
  for (const path of sums.keys())
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) used.add(path.slice(0, at));
  return [...folders].filter((path) => !used.has(path));
}

function refuse(code: 'archive.form' | 'archive.twice', name: string): never {
  throw new Fault(code, { name }, { next: message(`${code}.next`) });
}
