import type { Code } from '../i18n/en.ts';
import type { Message, Params } from './message.ts';

/** Something wrong in the world (a disk, a process, a host): thrown, with a stable code, its cause, and what to do next. */
export class Fault extends Error {
  readonly code: Code;
  readonly params: Params;
  readonly next: Message | undefined;

  constructor(code: Code, params: Params = {}, options: { cause?: unknown; next?: Message } = {}) {
    super(`${code} ${JSON.stringify(params)}`, { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.params = params;
    this.next = options.next;
  }
}
