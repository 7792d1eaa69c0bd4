import type { Transfer } from './protocol.ts';

/** The SFTP packets that are looked into (draft-ietf-secsh-filexfer-02, which is what OpenSSH speaks). */
const packet = {
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  setstat: 9,
  fsetstat: 10,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  rename: 18,
  symlink: 20,
  status: 101,
  handle: 102,
  data: 103,
  extended: 200,
} as const;

/** OpenSSH's own limit is 256 KiB. */
const longestPacket = 512 << 10;
/** Requests without an answer, and files open at once, that nobody needs. */
const mostWaiting = 65_536;

/** What is known of a file while it is open. */
interface OpenFile {
  readonly path: string;
  readonly writes: boolean;
  read: number;
  written: number;
}

/** What an answer will make true. */
type Waiting =
  | { readonly of: 'nothing' }
  | { readonly of: 'open'; readonly file: OpenFile }
  | { readonly of: 'close'; readonly handle: string }
  | { readonly of: 'read'; readonly handle: string }
  | { readonly of: 'write'; readonly handle: string; readonly bytes: number }
  | { readonly of: 'change'; readonly transfer: Omit<Transfer, 'result'> };

/** Both directions of an SFTP session, as they pass. */
export interface SftpWatch {
  /** Bytes from the person. Throws `RangeError` for what is no SFTP. */
  request(chunk: Uint8Array): void;
  /** Bytes from the machine. Throws `RangeError` for what is no SFTP. */
  answer(chunk: Uint8Array): void;
  /** Files that are still open are told as unfinished. */
  end(): void;
}

/** Reads along an SFTP session, and tells what was done to files once the machine has answered. */
export function watchSftp(tell: (transfer: Transfer) => void): SftpWatch {
  const waiting = new Map<number, Waiting>();
  const files = new Map<string, OpenFile>();
  const told = (file: OpenFile, result: Transfer['result']) => {
    // A file that was opened both ways and neither read nor written was still put there, or emptied.
    if (file.read > 0 || !file.writes) tell({ action: 'get', path: file.path, bytes: file.read, result });
    if (file.writes) tell({ action: 'put', path: file.path, bytes: file.written, result });
  };
  const request = packets((type, reader) => {
    const id = reader.number();
    // Two requests of one number, and the answer to one would be told as that to the other.
    if (waiting.has(id)) throw new RangeError(`a second request ${id}`);
    if (waiting.size >= mostWaiting) throw new RangeError('too many requests wait for their answers');
    waiting.set(id, waitingOf(type, reader, files) ?? { of: 'nothing' });
  });
  const answer = packets((type, reader) => {
    const id = reader.number();
    const asked = waiting.get(id);
    if (!asked) return;
    waiting.delete(id);
    const isDone = type !== packet.status || reader.number() === 0;
    switch (asked.of) {
      case 'nothing':
        return;
      case 'open':
        if (type !== packet.handle) return void told(asked.file, 'failed');
        if (files.size >= mostWaiting) throw new RangeError('too many files are open');
        files.set(reader.name(), asked.file);
        return;
      case 'read': {
        const file = files.get(asked.handle);
        if (file && type === packet.data) file.read += reader.number();
        return;
      }
      case 'write': {
        const file = files.get(asked.handle);
        if (file && isDone) file.written += asked.bytes;
        return;
      }
      case 'close': {
        const file = files.get(asked.handle);
        files.delete(asked.handle);
        if (file) told(file, isDone ? 'done' : 'failed');
        return;
      }
      case 'change':
        tell({ ...asked.transfer, result: isDone ? 'done' : 'failed' });
    }
  });
  return {
    request,
    answer,
    end() {
      for (const file of files.values()) told(file, 'unfinished');
      for (const asked of waiting.values())
        if (asked.of === 'open') told(asked.file, 'unfinished');
        else if (asked.of === 'change') tell({ ...asked.transfer, result: 'unfinished' });
      files.clear();
      waiting.clear();
    },
  };
}

/** What a request waits for, when its answer tells something. */
function waitingOf(type: number, reader: Reader, files: ReadonlyMap<string, OpenFile>): Waiting | undefined {
  const change = (transfer: Omit<Transfer, 'result'>) => ({ of: 'change', transfer }) as const;
  switch (type) {
    case packet.open: {
      const path = reader.text();
      // SSH_FXF_WRITE, APPEND, CREAT, TRUNC.
      const writes = (reader.number() & 0x1e) !== 0;
      return { of: 'open', file: { path, writes, read: 0, written: 0 } };
    }
    case packet.close:
      return { of: 'close', handle: reader.name() };
    case packet.read:
      return { of: 'read', handle: reader.name() };
    case packet.write: {
      const handle = reader.name();
      reader.skip(8);
      return { of: 'write', handle, bytes: reader.number() };
    }
    case packet.setstat:
      return change({ action: 'attributes', path: reader.text() });
    case packet.fsetstat: {
      const file = files.get(reader.name());
      return file && change({ action: 'attributes', path: file.path });
    }
    case packet.remove:
      return change({ action: 'remove', path: reader.text() });
    case packet.mkdir:
      return change({ action: 'mkdir', path: reader.text() });
    case packet.rmdir:
      return change({ action: 'rmdir', path: reader.text() });
    case packet.rename:
      return change({ action: 'rename', path: reader.text(), to: reader.text() });
    case packet.symlink: {
      // OpenSSH's server takes them the other way round than the draft says: first what the link leads to.
      const to = reader.text();
      return change({ action: 'link', path: reader.text(), to });
    }
    case packet.extended:
      return extendedOf(reader, change);
    default:
      return undefined;
  }
}

function extendedOf<T>(reader: Reader, change: (transfer: Omit<Transfer, 'result'>) => T): T | undefined {
  switch (reader.name()) {
    case 'posix-rename@openssh.com':
      return change({ action: 'rename', path: reader.text(), to: reader.text() });
    case 'hardlink@openssh.com': {
      const to = reader.text();
      return change({ action: 'link', path: reader.text(), to });
    }
    case 'lsetstat@openssh.com':
      return change({ action: 'attributes', path: reader.text() });
    default:
      return undefined;
  }
}

/** Cuts a stream into packets, whose types and contents are handed on. */
function packets(each: (type: number, reader: Reader) => void): (chunk: Uint8Array) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const length = rest.readUInt32BE(0);
      if (length < 1 || length > longestPacket) throw new RangeError(`an SFTP packet of ${length} bytes`);
      if (rest.length < 4 + length) return;
      const body = rest.subarray(4, 4 + length);
      rest = rest.subarray(4 + length);
      const type = body.readUInt8(0);
      // Versions carry no request number.
      if (type !== 1 && type !== 2) each(type, readerOf(body.subarray(1)));
    }
  };
}

/** Reads the fields of a packet one after another. Throws `RangeError` when there are none left. */
interface Reader {
  number(): number;
  /** A string of bytes as it is, for what is only compared. */
  name(): string;
  /** A path, as people read it. */
  text(): string;
  skip(bytes: number): void;
}

function readerOf(body: Buffer): Reader {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > body.length) throw new RangeError('an SFTP packet ends too early');
    at += length;
    return body.subarray(at - length, at);
  };
  const number = () => take(4).readUInt32BE(0);
  return {
    number,
    name: () => take(number()).toString('latin1'),
    text: () => take(number()).toString('utf8'),
    skip: (bytes) => void take(bytes),
  };
}
