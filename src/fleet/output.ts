import { type FileHandle, open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';

/** A stream of a script: every byte to a file, and lines to whoever watches. */
export interface Output {
  /** Takes bytes; fulfilled once they are written. */
  add(bytes: Buffer): Promise<void>;
  /** Bytes so far. */
  size(): number;
  /** Has it reach the disk. */
  close(): Promise<void>;
}

/** Of a longer line, watchers see the begin; the file has all. */
const longestLine = 2000;

export async function outputTo(path: string, line: (text: string) => void): Promise<Output> {
  const file: FileHandle = await open(path, 'wx', 0o600);
  const lines = linesTo(line);
  let size = 0;
  return {
    async add(bytes) {
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
      size += bytes.length;
      lines.add(bytes);
    },
    size: () => size,
    async close() {
      lines.end();
      if (size > 0) await file.datasync();
      await file.close();
    },
  };
}

/** Cuts bytes into lines, each fit for a terminal: nothing that a host says can steer it. */
export function linesTo(line: (text: string) => void): { add(bytes: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  let held = '';
  let isCut = false;
  const tell = (text: string) => {
    if (!isCut) line(text.length > longestLine ? `${plain(text.slice(0, longestLine))}…` : plain(text));
    isCut = false;
  };
  return {
    add(bytes) {
      const parts = (held + decoder.write(bytes)).split('\n');
      held = parts.pop() ?? '';
      for (const part of parts) tell(part);
      if (held.length > longestLine && !isCut) {
        tell(held);
        isCut = true;
      }
      if (isCut) held = '';
    },
    end() {
      held += decoder.end();
      if (held !== '') tell(held);
      held = '';
    },
  };
}

/** A carriage return at the end, and everything that a terminal would obey, taken out. */
function plain(text: string): string {
  return (
    text
      .replace(/\r$/, '')
      // Colours and cursor movements as a whole.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
      .replace(/\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))/g, '')
      .replace(/(?!\t)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '�')
  );
}
