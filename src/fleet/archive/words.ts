import { type Code, en } from '../../i18n/en.ts';
import { say, translate } from '../../i18n/index.ts';
import { shortDuration } from '../../lib/duration.ts';
import type { Language } from '../../model/site.ts';
import type { ArchivedHost, ArchivedOutcome, Manifest } from './manifest.ts';

/** An outcome in a word or two. */
export function outcomeText(language: Language, outcome: ArchivedOutcome): string {
  const params = outcome.is === 'failed' ? { exit: outcome.exit } : {};
  return translate(language, `run.is.${outcome.is}`, params);
}

/** Why a host has no result of its own; empty when it has. */
export function whyText(language: Language, outcome: ArchivedOutcome): string {
  if (outcome.is === 'unknown') return translate(language, 'archive.unknown');
  if (!('fault' in outcome)) return '';
  // An archive of a later version may have words that this one does not know.
  return outcome.fault.code in en ? say(language, outcome.fault) : outcome.fault.code;
}

/** How a run went, in a sentence. */
export function headline(language: Language, { counts, state, stopped }: Manifest): string {
  const { hosts, ok, failed, unfinished } = counts;
  const parts = [translate(language, 'archive.counts', { ok, hosts })];
  if (failed > 0) parts.push(translate(language, 'archive.counts.failed', { failed }));
  if (unfinished > 0) parts.push(translate(language, 'archive.counts.unfinished', { unfinished }));
  if (state === 'interrupted' || stopped) parts.push(translate(language, interruptionOf(stopped)));
  return parts.join(' ');
}

function interruptionOf(stopped: Manifest['stopped']): Code {
  return stopped ? `archive.stopped.${stopped}` : 'archive.interrupted';
}

/** The time of a host's script, or of all that was done for it. */
export function timeText({ milliseconds, scriptMilliseconds }: ArchivedHost): string {
  const time = scriptMilliseconds ?? milliseconds;
  return time === undefined ? '' : shortDuration(time);
}

/** A moment as people of the site read it. */
export function momentText(language: Language, timezone: string, at: string): string {
  return new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', {
    ...{ dateStyle: 'long', timeStyle: 'medium', timeZone: timezone },
  }).format(new Date(at));
}
