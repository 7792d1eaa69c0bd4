import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Diagnosis, diagnosis } from './diagnosis.ts';
import { type PemFile, readPem } from './pem.ts';

/** A file that was looked at. */
export interface FileRead {
  readonly file: string;
  /** Absent when it cannot be read. */
  readonly bytes?: Uint8Array;
  readonly found: readonly Diagnosis[];
}

/** Larger than any list of authorities. */
const largest = 4 << 20;
const othersRead = 0o004;
const othersWrite = 0o002;
const othersEnter = 0o001;

/** Reads a file, and says who else may; one that cannot be read is a finding. */
export async function readBytes(file: string): Promise<FileRead> {
  try {
    // A pipe that nobody writes to would hold us for ever.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      const { size, mode } = found;
      if (found.isDirectory()) return { file, found: [diagnosis('error', 'cert.file.folder', { file })] };
      // A device may have no end.
      if (!found.isFile()) return { file, found: [diagnosis('error', 'cert.file.special', { file })] };
      if (size > largest)
        return {
          file,
          found: [diagnosis('error', 'cert.file.large', { file, limit: `${largest >> 20} MiB` })],
        };
      // What /proc has is of no size until it is read.
      const room = Buffer.alloc((size || largest) + 1);
      const { bytesRead } = await handle.read(room, 0, room.length, 0);
      const bytes = new Uint8Array(room.subarray(0, bytesRead));
      return { file, bytes, found: await rights(file, mode, holdsKey(bytes)) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { file, found: [await unreadable(file, error as NodeJS.ErrnoException)] };
  }
}

/** The same with what PEM it holds; findings of both. */
export async function readPemFile(file: string): Promise<PemFile> {
  const { bytes, found } = await readBytes(file);
  if (!bytes) return { certificates: [], keys: [], crls: [], labels: [], found };
  const pem = readPem(bytes);
  return { ...pem, found: [...found, ...pem.found] };
}

function holdsKey(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  // What is encrypted is guarded by its passphrase.
  return (
    /-----BEGIN (?:RSA |EC |DSA )?PRIVATE KEY-----/.test(text) && !text.includes('Proc-Type: 4,ENCRYPTED')
  );
}

async function rights(file: string, mode: number, isKey: boolean): Promise<readonly Diagnosis[]> {
  const isOpen = isKey && (mode & othersRead) !== 0;
  const isChangeable = (mode & othersWrite) !== 0;
  if ((!isOpen && !isChangeable) || !(await reachable(file))) return [];
  const params = { file, mode: (mode & 0o7777).toString(8).padStart(4, '0') };
  return [
    ...(isOpen ? [diagnosis('error', 'cert.file.open', params)] : []),
    ...(isChangeable ? [diagnosis('error', 'cert.file.changeable', params)] : []),
  ];
}

/** Whether everybody may go through all the folders to a file. */
async function reachable(file: string): Promise<boolean> {
  for (const folder of foldersOf(file)) if (((await stat(folder)).mode & othersEnter) === 0) return false;
  return true;
}

async function unreadable(file: string, error: NodeJS.ErrnoException): Promise<Diagnosis> {
  if (error.code === 'EISDIR') return diagnosis('error', 'cert.file.folder', { file });
  if (error.code === 'ENOENT') return diagnosis('error', 'cert.file.missing', { file });
  return diagnosis('error', 'cert.file.unreadable', {
    file,
    reason: error.code ?? error.message,
    at: await barrier(file),
  });
}

/** The folder that shuts this account out, from the root down, or the file itself. */
async function barrier(file: string): Promise<string> {
  for (const folder of foldersOf(file).reverse())
    try {
      await access(folder, constants.X_OK);
    } catch {
      return folder;
    }
  return file;
}

/** The folders above a file, the nearest first. */
function foldersOf(file: string): string[] {
  const folders = [dirname(resolve(file))];
  while (dirname(folders.at(-1) as string) !== folders.at(-1))
    folders.push(dirname(folders.at(-1) as string));
  return folders;
}
