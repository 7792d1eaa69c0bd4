import { closest, distance } from 'fastest-levenshtein';
import { type Message, message } from '../model/message.ts';
import { withoutUserinfo } from './userinfo.ts';

/** The known word that was most likely meant, if one is near enough. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const spellings = known.map((k) => k.toLowerCase());
  const best = known[spellings.indexOf(closest(word.toLowerCase(), spellings))] as string;
  const reach = Math.max(1, Math.floor(Math.max(word.length, best.length) * 0.4));
  return distance(word.toLowerCase(), best.toLowerCase()) <= reach ? best : undefined;
}

/** The nearest known word as a hint, or what is known. */
export function knownHint(word: string, known: readonly string[]): Message {
  const meant = nearest(word, known);
  if (meant !== undefined) return message('hint.nearest', { nearest: meant });
  return known.length === 0 ? message('hint.none') : message('hint.known', { known: shortList(known) });
}

/** A list for a sentence, not longer than one reads. */
export function shortList(words: readonly string[]): string {
  return words.length > 12 ? `${words.slice(0, 12).join(', ')}, …` : words.join(', ');
}

/** A value as a message shows it, without the password that an address may hold. */
export function shown(value: unknown): string {
  const text = withoutUserinfo(typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)));
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
