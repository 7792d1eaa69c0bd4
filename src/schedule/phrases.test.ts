import { expect, test } from 'vitest';
import { parsePhrase } from './phrases.ts';

const patterns = (text: string) => {
  const read = parsePhrase(text);
  return 'patterns' in read ? read.patterns : read.hint.code;
};

test.each([
  ['every day at 02:30', ['30 2 * * *']],
  ['tous les jours à 2h30', ['30 2 * * *']],
  ['Weekdays at 7:30', ['30 7 * * 1-5']],
  ['en semaine à 7h30', ['30 7 * * 1-5']],
  ['every 15 minutes', ['*/15 * * * *']],
  ['toutes les 15 minutes', ['*/15 * * * *']],
  ['every 2 hours', ['0 */2 * * *']],
  ['toutes les heures', ['0 * * * *']],
  ['every day at 8:00 and 18:00', ['0 8,18 * * *']],
  ['every day at 8:00, 12:30 and 18:00', ['0 8,18 * * *', '30 12 * * *']],
  ['Mon-Fri at 22:00', ['0 22 * * 1,2,3,4,5']],
  ['mondays and thursdays at 6:00', ['0 6 * * 1,4']],
  ['du lundi au vendredi à 22h', ['0 22 * * 1,2,3,4,5']],
  ['tous les lundis à 6h', ['0 6 * * 1']],
  ['le mardi et le jeudi à 6h', 'schedule.words'],
  ['first monday of the month at 06:00', ['0 6 * * 1#1']],
  ['premier lundi du mois à 6h', ['0 6 * * 1#1']],
  ['last friday of the month at 18:00', ['0 18 * * 5#L']],
  ['last day of the month at 22:00', ['0 22 L * *']],
  ['le dernier jour du mois à 22h', ['0 22 L * *']],
  ['first day of january and july at 00:00', ['0 0 1 1,7 *']],
  ['15th of the month at 9:00', ['0 9 15 * *']],
  ['le 1er du mois à 9h', ['0 9 1 * *']],
  ['le 14 juillet à 9h', ['0 9 14 7 *']],
  ['every 45 minutes', 'schedule.minutes'],
  ['every 7 hours', 'schedule.hours'],
  ['every day', 'schedule.time'],
  ['every day at 25:00', 'schedule.time'],
  ['every day at 24:00', 'schedule.time'],
  ['sometimes at 9:00', 'schedule.words'],
  ['32nd of the month at 9:00', 'schedule.words'],
  ['', 'schedule.words'],
] as const)('%s', (text, wanted) => {
  expect(patterns(text)).toEqual(wanted);
});
