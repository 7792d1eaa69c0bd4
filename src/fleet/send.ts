import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Program } from '../hosts/launcher.ts';
import type { PutFile, RunHost } from '../model/run.ts';
import type { Patience } from './patience.ts';
import type { Reader } from './reader.ts';

/** Sends what goes in. Standard input stays open: that it closes is what tells the host to stop. */
export async function send(
  connection: Program,
  pieces: readonly (string | Uint8Array)[],
  file: string | undefined,
  length: number,
): Promise<void> {
  for (const piece of pieces) connection.stdin.write(piece);
  if (file !== undefined) await sendFile(connection, file, length, () => undefined);
}

/** Sends exactly so many bytes of a file, no faster than they are taken. */
async function sendFile(
  { stdin }: Program,
  file: string,
  length: number,
  told: (sent: number) => void,
): Promise<void> {
  let sent = 0;
  try {
    if (length === 0) return;
    for await (const bytes of createReadStream(file, { end: length - 1 })) {
      if (!stdin.writable) return;
      sent += bytes.length;
      if (!stdin.write(bytes)) await roomIn(stdin);
      told(sent);
    }
  } finally {
    // The file became shorter: the host must not wait for ever.
    if (sent < length) stdin.end();
  }
}

/** Waits until a stream takes more, or never will. */
async function roomIn(stream: Writable): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  // Why somebody does not read any more, the other stream tells.
  await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]).catch(
    () => undefined,
  );
  waiting.abort();
}

/** What putting files needs of a conversation. */
export interface Putting {
  readonly connection: Program;
  readonly files: readonly PutFile[];
  readonly patience: Patience;
  /** What became of each. */
  readonly put: NonNullable<RunHost['put']>[number][];
  /** Told of how far a large one is. */
  told(file: PutFile, percent: number): void;
}

/** Seconds without a byte being taken of a file that is sent. */
const silenceLimit = 120;
/** Bytes in a second that the slowest disk reads what it has just written. */
const slowest = 5_000_000;
/** Milliseconds between two words on how far a file is. */
const pace = 5000;

/** Sends each file that the host wants; gives the fields of its first line that is about something else. */
export async function putFiles(
  reader: Reader,
  { connection, files, patience, put, told }: Putting,
): Promise<readonly string[] | undefined> {
  const next = async () => (await reader.line())?.split('\t');
  let fields = await next();
  for (const file of files) {
    if (fields?.[0] === 'want') {
      let said = Date.now();
      patience.atMost(silenceLimit);
      await sendFile(connection, file.file, file.size, (sent) => {
        patience.atMost(silenceLimit);
        if (Date.now() - said < pace) return;
        said = Date.now();
        told(file, Math.floor((100 * sent) / file.size));
      });
      patience.atMost(silenceLimit + file.size / slowest);
      fields = await next();
    }
    if (fields?.[0] !== 'placed') return fields;
    put.push(fields[1] === 'same' || fields[1] === 'new' ? fields[1] : 'changed');
    fields = await next();
  }
  return fields;
}
