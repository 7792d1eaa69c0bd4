import type { Day, HolidayList } from '../model/job.ts';
import { addDays } from './dates.ts';

/**
 * Easter Sunday of a year of the Gregorian calendar: the anonymous algorithm published in Nature in 1876 and in Jean Meeus,
 * "Astronomical Algorithms", 2nd edition, chapter 8, without exception for any year from 1583 on.
 */
export function easter(year: number): Day {
  const a = year % 19;
  const [b, c] = [Math.floor(year / 100), year % 100];
  const [d, e] = [Math.floor(b / 4), b % 4];
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - d - g + 15) % 30;
  const [i, k] = [Math.floor(c / 4), c % 4];
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const rest = h + l - 7 * m + 114;
  return `${year}-${two(Math.floor(rest / 31))}-${two((rest % 31) + 1)}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

const known = new Map<string, ReadonlySet<Day>>();

/**
 * The public holidays of a year. France has eleven (Code du travail, L3133-1); in Bas-Rhin, Haut-Rhin and Moselle Good Friday
 * and 26 December are as well (L3134-13).
 */
export function holidaysOf(list: HolidayList, year: number): ReadonlySet<Day> {
  const key = `${list} ${year}`;
  let days = known.get(key);
  if (!days) {
    const sunday = easter(year);
    const fixed = ['01-01', '05-01', '05-08', '07-14', '08-15', '11-01', '11-11', '12-25'];
    // Easter Monday, Ascension, Whit Monday.
    const moving = [1, 39, 50].map((count) => addDays(sunday, count));
    const local = list === 'fr-alsace-moselle-holidays' ? [addDays(sunday, -2), `${year}-12-26`] : [];
    days = new Set([...fixed.map((day) => `${year}-${day}`), ...moving, ...local]);
    known.set(key, days);
  }
  return days;
}
