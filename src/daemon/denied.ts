import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';

/** The fault behind an error of the state folder, when it is that this account lacks the rights. */
export function denied(state: string, cause: unknown): Fault | undefined {
  const { code = '' } = cause as NodeJS.ErrnoException;
  if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) return undefined;
  return new Fault('state.denied', { state }, { cause, next: message('state.denied.next') });
}
