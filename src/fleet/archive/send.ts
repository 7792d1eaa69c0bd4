import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { syncFolder } from '../../hosts/files.ts';
import { translate } from '../../i18n/index.ts';
import { shortSize } from '../../lib/size.ts';
import { type Delivery, deliver } from '../../mail/deliver.ts';
import type { Letter } from '../../mail/letter.ts';
import { forget } from '../../mail/queue.ts';
import { Fault } from '../../model/fault.ts';
import type { ArchiveFolder, Mail } from '../../model/mail.ts';
import { message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { archiveRun, type Sealed, type Sealing } from './seal.ts';
import { headline, momentText, outcomeText, whyText } from './words.ts';

/** A run whose archive goes to people. */
export interface Sending extends Sealing {
  readonly site: Pick<Site, 'name' | 'language' | 'timezone' | 'keeping'>;
  readonly mail: Mail;
  readonly to: readonly string[];
  /** What the sender has to say, before the outcome. */
  readonly text?: string;
}

/** What came of sending an archive. */
export interface SealedAndSent {
  readonly sealed: Sealed;
  readonly delivery: Delivery;
  /** Where the archive is seen, when it was too large for the letter. */
  readonly url?: string;
}

/**
 * Archives a run and sends the archive with its outcome, in the site's language; one that is too large becomes a link. A letter
 * that does not leave is kept (`delivery`): the run's own result never depends on it. Needs no terminal.
 */
export async function sealAndSend(sending: Sending): Promise<SealedAndSent> {
  const { state, mail } = sending;
  const sealed = await archiveRun(sending);
  const attached = sealed.size <= mail.limit ? await sendAs(sealed, sending, true) : undefined;
  if (attached?.delivery.is === 'sent' || (attached && !isTooLarge(attached.delivery))) return attached;
  // What the description allows was more than the server takes.
  if (attached?.delivery.is === 'kept') await forget(state, attached.delivery.letter.id);
  return sendAs(sealed, sending, false);
}

function isTooLarge(delivery: Delivery): boolean {
  return delivery.is === 'kept' && delivery.fault.code === 'mail.large';
}

async function sendAs(sealed: Sealed, sending: Sending, isAttached: boolean): Promise<SealedAndSent> {
  const { state, site, mail, to } = sending;
  const { archives } = site.keeping;
  const url = isAttached || !archives ? undefined : await publish(sealed, archives);
  const letter: Letter = {
    to,
    subject: subjectOf(sealed, sending),
    text: textOf(sealed, sending, isAttached, url),
    ...(isAttached ? { attachment: { path: sealed.file, name: sealed.name, type: 'application/gzip' } } : {}),
  };
  return { sealed, delivery: await deliver(state, mail, letter), ...(url === undefined ? {} : { url }) };
}

/**
 * Puts an archive where something else shows it, under a name that nobody guesses (128 random bits). Whoever is to show it can
 * read it.
 */
async function publish({ file, run }: Sealed, { folder, url, pointer }: ArchiveFolder): Promise<string> {
  const name = `poterne-run-${run}-${randomBytes(16).toString('hex')}.tar.gz`;
  const aside = join(folder, `.${name}.tmp`);
  try {
    await pipeline(createReadStream(file), createWriteStream(aside, { flags: 'wx', mode: 0o644 }));
    const made = await open(aside, 'r+');
    try {
      await made.chmod(0o644);
      await made.sync();
    } finally {
      await made.close();
    }
    await rename(aside, join(folder, name));
    await syncFolder(folder);
    return new URL(name, url).href;
  } catch (cause) {
    await rm(aside, { force: true });
    const params = { file: folder, reason: (cause as NodeJS.ErrnoException).code ?? String(cause) };
    const next = message('archive.unwritten.next', params);
    throw new Fault('archive.unwritten', params, { cause, pointer, next });
  }
}

function subjectOf({ run, manifest }: Sealed, { site }: Sending): string {
  const { script, counts } = manifest;
  const params = { site: site.name, script: script.name, ok: counts.ok, hosts: counts.hosts, run };
  return translate(site.language, 'archive.letter.subject', params);
}

/** Hosts that a letter names; the archive has all. */
const mostNamed = 50;

function textOf(
  sealed: Sealed,
  { site, text, mail }: Sending,
  isAttached: boolean,
  url: string | undefined,
): string {
  const { language, timezone, keeping } = site;
  const { manifest, run, sha256, fingerprint, name, size, file } = sealed;
  const t = (code: Parameters<typeof translate>[1], params = {}) => translate(language, code, params);
  const wrong = manifest.hosts.filter(({ outcome }) => outcome.is !== 'ok');
  const named = wrong.slice(0, mostNamed).map(({ host, outcome }) => {
    const why = whyText(language, outcome);
    return `  ${host}: ${outcomeText(language, outcome)}${why ? ` – ${why}` : ''}`;
  });
  if (wrong.length > mostNamed)
    named.push(`  ${t('archive.letter.more', { count: wrong.length - mostNamed })}`);
  const moment = (at: string) => momentText(language, timezone, at);
  const until = new Date(Date.now() + (keeping.archives?.keep ?? 0)).toISOString();
  const there = { size: shortSize(size), machine: hostname(), account: userInfo().username, file };
  const place = isAttached
    ? []
    : url !== undefined
      ? [t('archive.letter.link', { size: shortSize(size), until: moment(until) }), url, '']
      : [t('archive.letter.there', there), file, t('archive.letter.get', there), ''];
  return [
    ...(text === undefined ? [] : [text.trimEnd(), '']),
    headline(language, manifest),
    '',
    ...(named.length > 0 ? [t('archive.letter.failed'), ...named, ''] : []),
    ...place,
    t('archive.letter.run', { run }),
    t('archive.letter.times', { begun: moment(manifest.begun), ended: moment(manifest.ended) }),
    t('archive.letter.sum', { sha256 }),
    t('archive.letter.key', { fingerprint }),
    t('archive.letter.verify', { name, fingerprint }),
    '',
    `-- \n${mail.from.name ?? mail.from.address}`,
    '',
  ].join('\n');
}
