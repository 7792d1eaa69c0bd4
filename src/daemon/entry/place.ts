import { join } from 'node:path';
import type { Fault } from '../../model/fault.ts';
import type { Message } from '../../model/message.ts';

/** Where nginx asks the daemon, and what is kept of it. */
export const entryFolder = (state: string): string => join(state, 'entry');
export const entrySocket = (state: string): string => join(entryFolder(state), 'entry.sock');

/** Who hears of what happens at the entry. */
export interface EntryOn {
  readonly tell: (what: Message) => void;
  readonly fail: (fault: Fault) => void;
}
