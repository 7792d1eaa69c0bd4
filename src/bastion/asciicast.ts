import { StringDecoder } from 'node:string_decoder';
import type { Size } from './protocol.ts';

/** What a recording begins with (asciicast version 2, as asciinema plays it). */
export interface CastHeader extends Size {
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly title: string;
  /** TERM, when there was a terminal. */
  readonly terminal?: string;
}

/** A moment of a recording: what was shown, or the new size (`80x24`) of the terminal, or a remark. */
export interface CastEvent {
  /** Seconds since the beginning. */
  readonly time: number;
  readonly kind: 'o' | 'r' | 'm';
  readonly data: string;
}

/** The first line of a recording. */
export function castHeader({ columns, rows, timestamp, title, terminal }: CastHeader): string {
  const env = terminal === undefined ? {} : { env: { TERM: terminal } };
  return `${JSON.stringify({ version: 2, width: columns, height: rows, timestamp, title, ...env })}\n`;
}

/**
 * Makes the lines of a recording. Text that is cut within a character is held until the rest of it comes; bytes that are no
 * text become replacement characters, as a recording is JSON.
 */
export function castWriter(): {
  shown(time: number, stream: 'output' | 'error', bytes: Uint8Array): string;
  resized(time: number, size: Size): string;
  remark(time: number, text: string): string;
} {
  const decoders = { output: new StringDecoder('utf8'), error: new StringDecoder('utf8') };
  return {
    shown(time, stream, bytes) {
      const data = decoders[stream].write(Buffer.from(bytes));
      return data === '' ? '' : line({ time, kind: 'o', data });
    },
    resized: (time, { columns, rows }) => line({ time, kind: 'r', data: `${columns}x${rows}` }),
    remark: (time, text) => line({ time, kind: 'm', data: text }),
  };
}

function line({ time, kind, data }: CastEvent): string {
  return `${JSON.stringify([Math.round(time * 1e6) / 1e6, kind, data])}\n`;
}

/** An event of a recording, from its line; `undefined` for one that is none (the last may be cut off). */
export function castEvent(line: string): CastEvent | undefined {
  try {
    const [time, kind, data] = JSON.parse(line);
    const isEvent = Number.isFinite(time) && ['o', 'r', 'm'].includes(kind) && typeof data === 'string';
    return isEvent ? { time, kind, data } : undefined;
  } catch {
    return undefined;
  }
}
