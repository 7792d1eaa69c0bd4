import type { Code } from '../i18n/en.ts';
import type { Message, Params } from './message.ts';
import type { Pointer } from './pointer.ts';

/** Something wrong in the world (a disk, a process, a host): thrown, with a stable code, its cause, and what to do next. */
export class Fault extends Error {
  readonly code: Code;
  readonly params: Params;
  readonly next: Message | undefined;
  /** What in the description it comes from, when it does. */
  readonly pointer: Pointer | undefined;

  constructor(
    code: Code,
    params: Params = {},
    options: { cause?: unknown; next?: Message; pointer?: Pointer } = {},
  ) {
    super(`${code} ${JSON.stringify(params)}`, { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.params = params;
    this.next = options.next;
    this.pointer = options.pointer;
  }
}
