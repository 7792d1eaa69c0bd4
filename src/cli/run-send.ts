import { readFile } from 'node:fs/promises';
import { archiveRun, type Sealed } from '../fleet/archive/seal.ts';
import { sealAndSend } from '../fleet/archive/send.ts';
import { applyRetention, type Removed } from '../fleet/retention.ts';
import { isMailAddress } from '../lib/mailbox.ts';
import { shortSize } from '../lib/size.ts';
import { type Delivery, retryQueue } from '../mail/deliver.ts';
import { requireSecrets } from '../mail/send.ts';
import { Fault } from '../model/fault.ts';
import type { Mail } from '../model/mail.ts';
import { message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import type { Context } from './context.ts';
import { faultJson, showFault } from './errors.ts';
import { exit, WrongRequest } from './exit.ts';
import { liveView } from './live.ts';

/** Options of what archives a run. */
export interface SendOptions {
  readonly archive?: string;
  readonly mail: readonly string[];
  readonly message?: string;
  readonly messageFile?: string;
}

/** What is to be done with a run's results. */
export interface Sending {
  /** The file or folder to write the archive to. */
  readonly out?: string;
  readonly to: readonly string[];
  readonly mail?: Mail;
  readonly text?: string;
}

/** What came of a run's results, for whoever leaves with a status. */
export interface Finished {
  readonly json: object;
  readonly status: number;
}

/**
 * What is asked to be done with the results; `undefined` when nothing is. All that can be known to be wrong is told before
 * anything is run: a description without `mail`, an address, the password's file.
 */
export async function sendingOf(options: SendOptions, { mail }: Site): Promise<Sending | undefined> {
  const { archive, message: words, messageFile } = options;
  const to = options.mail.flatMap((some) => some.split(',')).map((address) => address.trim());
  if (archive === undefined && to.length === 0) {
    if (words === undefined && messageFile === undefined) return undefined;
    throw new WrongRequest('run.missing', { what: '--mail' }, { next: message('run.missing.next') });
  }
  if (to.length > 0 && !mail)
    throw new WrongRequest('mail.undescribed', {}, { next: message('mail.undescribed.next') });
  for (const address of to)
    if (!isMailAddress(address))
      throw new WrongRequest('mail.address', { address }, { next: message('mail.address.next') });
  if (to.length > 0 && mail) await requireSecrets(mail);
  const text = words ?? (messageFile === undefined ? undefined : await textOf(messageFile));
  return {
    ...(archive === undefined ? {} : { out: archive }),
    to,
    ...(mail ? { mail } : {}),
    ...(text === undefined ? {} : { text }),
  };
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(({ message: reason }: Error) => {
    throw new WrongRequest('run.file', { file, reason }, { next: message('run.file.next') });
  });
}

/** Archives a run and sends it, and says so. What fails here is told, and changes nothing of the run. */
export async function finish(
  context: Context,
  { out, to, mail, text }: Sending,
  site: Site,
  state: string,
  run: string,
  silent: boolean,
): Promise<Finished> {
  const progress = { bytes: 0 };
  const live = silent ? undefined : liveView(context, () => [progressLine(context, progress)]);
  live?.context.err(context.t('archive.writing'));
  try {
    const sealing = { state, run, site, progress, ...(out === undefined ? {} : { out }) };
    if (to.length === 0 || !mail) {
      const sealed = await archiveRun(sealing);
      live?.end();
      if (!silent) showSealed(context, sealed);
      return { json: { archive: sealedJson(sealed) }, status: exit.done };
    }
    const sent = await sealAndSend({ ...sealing, mail, to, ...(text === undefined ? {} : { text }) });
    live?.end();
    const { sealed, delivery, url } = sent;
    if (!silent) {
      showSealed(context, sealed);
      showDelivery(context, delivery);
      if (url !== undefined) context.out(context.t('archive.linked', { url }));
    }
    const json = { archive: sealedJson(sealed), mail: deliveryJson(context, delivery), url };
    return { json, status: delivery.is === 'sent' ? exit.done : exit.failed };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    live?.end();
    if (!silent) showFault(context, error);
    return { json: { fault: faultJson(context, error) }, status: exit.failed };
  } finally {
    live?.end();
  }
}

/** How much was read, on the line that stays at the bottom. */
export function progressLine({ t }: Context, { bytes }: { readonly bytes: number }): string {
  return t('archive.progress', { size: shortSize(bytes) });
}

/** After a run: what waits is tried again, and what is kept no longer is removed. Nothing of it changes how the run ended. */
export async function tidy(
  context: Context,
  site: Site,
  state: string,
  silent: boolean,
): Promise<Partial<Removed>> {
  try {
    if (site.mail) await retryQueue(state, site.mail);
    const removed = await applyRetention(state, site.keeping);
    const { length: count } = removed.runs;
    if (count > 0 && !silent) context.err(context.t('run.removed', { count }));
    return removed;
  } catch (error) {
    if (!silent && error instanceof Error) context.err(context.t('run.untidy', { reason: error.message }));
    return {};
  }
}

/** What became of a letter, in a line or two. */
export function showDelivery(context: Context, delivery: Delivery): void {
  const { t, out, err } = context;
  const to = delivery.is === 'sent' ? delivery.to : delivery.sent;
  if (to.length > 0) out(t('mail.sent', { to: to.join(', ') }));
  if (delivery.is === 'sent') return;
  showFault(context, delivery.fault);
  err(t('mail.kept', { id: delivery.letter.id, to: delivery.letter.to.join(', ') }));
}

/** The same as programs read it. */
export function deliveryJson(context: Context, delivery: Delivery): object {
  if (delivery.is === 'sent') return delivery;
  const { is, sent, letter, fault } = delivery;
  return { is, sent, id: letter.id, to: letter.to, fault: faultJson(context, fault) };
}

function showSealed({ t, out }: Context, { file, size, sha256, fingerprint }: Sealed): void {
  out(t('archive.written', { file, size: shortSize(size), sha256, fingerprint }));
}

function sealedJson({ file, size, sha256, fingerprint }: Sealed): object {
  return { file, size, sha256, fingerprint };
}
