import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack as tarPack } from 'tar-stream';
import { syncFolder } from '../../hosts/files.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { BytesRead, Content } from './contents.ts';

/**
 * Writes files as a `.tar.gz` below one folder, in their order, for their owner alone. The archive appears whole or not at
 * all, and holds no more in memory than a chunk of a file. Throws `archive.changing` and `archive.unwritten`.
 */
export async function writeTar(
  file: string,
  folder: string,
  contents: readonly Content[],
  time: Date,
  progress: BytesRead,
): Promise<{ readonly size: number; readonly sha256: string }> {
  const aside = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  const pack = tarPack();
  const hash = createHash('sha256');
  const written = pipeline(
    Readable.from(pack, { objectMode: false }),
    createGzip({ level: 4 }),
    async function* (compressed: AsyncIterable<Buffer>) {
      for await (const bytes of compressed) {
        hash.update(bytes);
        yield bytes;
      }
    },
    createWriteStream(aside, { flags: 'wx', mode: 0o600 }),
  );
  // Told by whoever waits for it below; until then it is nobody's mistake.
  written.catch(() => undefined);
  try {
    for (const path of foldersOf(contents.map(({ path }) => path)))
      await entry(
        pack,
        { name: `${join(folder, path)}/`, type: 'directory', mode: 0o700, mtime: time },
        written,
      );
    for (const content of contents) await add(pack, folder, content, { mtime: time, written, progress });
    pack.finalize();
    await written;
    const made = await open(aside, 'r+');
    try {
      await made.sync();
    } finally {
      await made.close();
    }
    await rename(aside, file);
    await syncFolder(dirname(file));
    return { size: (await stat(file)).size, sha256: hash.digest('hex') };
  } catch (cause) {
    pack.destroy();
    await written.catch(() => undefined);
    await rm(aside, { force: true });
    if (cause instanceof Fault) throw cause;
    const params = { file, reason: (cause as NodeJS.ErrnoException).code ?? (cause as Error).message };
    throw new Fault('archive.unwritten', params, { cause, next: message('archive.unwritten.next', params) });
  }
}

type Header = Parameters<Pack['entry']>[0];

async function entry(pack: Pack, header: Header, written: Promise<void>): Promise<void> {
  const done = new Promise<void>((resolve, reject) => {
    pack.entry(header, (error) => (error ? reject(error) : resolve()));
  });
  await Promise.race([done, written]);
}

interface Adding {
  readonly mtime: Date;
  readonly written: Promise<void>;
  readonly progress: BytesRead;
}

async function add(
  pack: Pack,
  folder: string,
  content: Content,
  { mtime, written, progress }: Adding,
): Promise<void> {
  const { path, size, sha256 } = content;
  const header: Header = { name: join(folder, path), size, mode: 0o600, mtime };
  const chunks = 'text' in content ? [Buffer.from(content.text)] : read(content.source, size);
  const hash = createHash('sha256');
  let sent = 0;
  const done = new Promise<void>((resolve, reject) => {
    const sink = pack.entry(header, (error) => (error ? reject(error) : resolve()));
    const feed = async () => {
      for await (const bytes of chunks) {
        hash.update(bytes);
        sent += bytes.length;
        progress.bytes += bytes.length;
        if (!sink.write(bytes)) await Promise.race([once(sink, 'drain'), written]);
      }
      // Shorter than it was: tar has said its length already.
      if (sent !== size || hash.digest('hex') !== sha256) throw changing(path);
      sink.end(undefined);
    };
    feed().catch(reject);
  });
  await Promise.race([done, written]);
}

function read(source: string, size: number): AsyncIterable<Buffer> | readonly Buffer[] {
  // Bytes that came since it was read for its digest are not in that.
  return size === 0 ? [] : createReadStream(source, { end: size - 1, highWaterMark: 1 << 18 });
}

function changing(file: string): Fault {
  return new Fault('archive.changing', { file }, { next: message('archive.changing.next') });
}

/** The folders that paths are in, each after the one that it is in. */
function foldersOf(paths: readonly string[]): readonly string[] {
  const folders = new Set(['']);
  for (const path of paths) {
    const parts = path.split('/').slice(0, -1);
    for (let length = 1; length <= parts.length; length++) folders.add(parts.slice(0, length).join('/'));
  }
  return [...folders];
}
