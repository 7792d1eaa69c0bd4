import { join } from 'node:path';
import { Fault } from '../model/fault.ts';
import type { Mail } from '../model/mail.ts';
import { message } from '../model/message.ts';
import { withLock } from '../store/lock.ts';
import { faultOf, mayPass } from './faults.ts';
import { checked, type Letter } from './letter.ts';
import {
  enqueue,
  forget,
  noteAttempt,
  type QueuedLetter,
  queueFolder,
  readEntry,
  readQueue,
} from './queue.ts';
import { sendMail } from './send.ts';

/** What became of a letter. */
export type Delivery =
  | { readonly is: 'sent'; readonly to: readonly string[] }
  /** It waits in the queue for those whom it has not reached. */
  | {
      readonly is: 'kept';
      readonly sent: readonly string[];
      readonly letter: QueuedLetter;
      readonly fault: Fault;
    };

/**
 * Sends a letter, or keeps it in the state folder until it can be sent: a crash, a server that is down or a wrong
 * password loses none. Throws only `mail.address`, for what can never be sent, and what the disk says.
 */
export async function deliver(state: string, mail: Mail, letter: Letter): Promise<Delivery> {
  const id = await enqueue(state, checked(letter));
  return attempt(state, mail, id);
}

/**
 * Tries again to send what waits: all of it when a person asks, else what may leave without anybody having done
 * anything, at most once in `pause` milliseconds.
 */
export async function retryQueue(
  state: string,
  mail: Mail,
  {
    all = false,
    pause = 300_000,
    id,
  }: { readonly all?: boolean; readonly pause?: number; readonly id?: string } = {},
): Promise<readonly Delivery[]> {
  const waiting = (await readQueue(state)).filter(
    (letter) =>
      (id === undefined || letter.id === id) &&
      (all || (letter.passes && Date.parse(letter.last?.at ?? letter.since) + pause <= Date.now())),
  );
  const deliveries: Delivery[] = [];
  for (const letter of waiting) {
    const delivery = await attempt(state, mail, letter.id).catch((error: unknown) => {
      // Another process sends it this moment, or has sent it.
      if (error instanceof Fault && /^(?:lock\.held|mail\.unknown)$/.test(error.code)) return undefined;
      throw error;
    });
    if (delivery) deliveries.push(delivery);
    // The next one would wait as long for the same server.
    if (delivery?.is === 'kept' && delivery.fault.code === 'mail.unreachable') break;
  }
  return deliveries;
}

/** One attempt, alone with the letter: two processes never send the same one. */
async function attempt(state: string, mail: Mail, id: string): Promise<Delivery> {
  const unknown = () => new Fault('mail.unknown', { id }, { next: message('mail.unknown.next') });
  if (!(await readEntry(state, id))) throw unknown();
  return withLock(join(queueFolder(state), id), 0, async () => {
    const entry = await readEntry(state, id);
    if (!entry) throw unknown();
    const kept = async (fault: Fault, to: readonly string[]): Promise<Delivery> => {
      const { code, params, next } = fault;
      const noted = { to, fault: { code, params }, ...(next ? { next } : {}), passes: mayPass(fault) };
      const sent = entry.to.filter((address) => !to.includes(address));
      return { is: 'kept', sent, letter: await noteAttempt(state, entry, noted), fault };
    };
    try {
      const { to, refused } = await sendMail(mail, entry.letter, id);
      if (refused.length > 0) {
        const addresses = refused.map(({ address }) => address);
        const reason = refused.map((each) => each.reason).join('; ');
        const params = { to: addresses.join(', '), reason, server: `${mail.smtp.host}:${mail.smtp.port}` };
        const next = message('mail.recipient.refused.next', params);
        const options = { next, pointer: mail.smtp.pointer };
        return await kept(new Fault('mail.recipient.refused', params, options), addresses);
      }
      await forget(state, id);
      return { is: 'sent', to };
    } catch (error) {
      return await kept(faultOf(mail, entry.to, error), entry.to);
    }
  });
}
