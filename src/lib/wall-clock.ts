/** What a clock on the wall shows somewhere. */
export interface WallTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  /** 1 is Monday, 7 Sunday (ISO 8601). */
  readonly weekday: number;
  /** Since midnight, 0 to 1439. */
  readonly minutes: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The wall clock of a time zone (IANA name) at a moment. */
export function wallTimeOf(at: Date, timezone: string): WallTime {
  let format = formats.get(timezone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: timezone, hourCycle: 'h23' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' },
    });
    formats.set(timezone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type as string, Number(value)]));
  const part = (type: string) => parts.get(type) ?? 0;
  const [year, month, day] = [part('year'), part('month'), part('day')];
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay() || 7;
  return { year, month, day, weekday, minutes: part('hour') * 60 + part('minute') };
}

/**
 * The moment at which the wall clock of a time zone shows a date and so many minutes since its midnight (beyond 1439: of
 * the days that follow). A time that the clock skips is taken as the moment of the skip, and of one that it shows twice
 * the first is meant.
 */
export function momentOf(
  { year, month, day }: Pick<WallTime, 'year' | 'month' | 'day'>,
  minutes: number,
  timezone: string,
): Date {
  const wall = Date.UTC(year, month - 1, day) + minutes * 60_000;
  const offset = (at: number) => {
    const shown = wallTimeOf(new Date(at), timezone);
    const midnight = Date.UTC(shown.year, shown.month - 1, shown.day);
    return midnight + shown.minutes * 60_000 - Math.floor(at / 60_000) * 60_000;
  };
  // No offset is further than a day away, and none changes twice in two.
  const [before, after] = [offset(wall - 86_400_000), offset(wall + 86_400_000)];
  const found = [...new Set([before, after])]
    .map((each) => wall - each)
    .filter((at) => at + offset(at) === wall)
    .sort((a, b) => a - b)[0];
  if (found !== undefined) return new Date(found);
  // Skipped: the first moment with the new offset.
  let [early, late] = [wall - Math.max(before, after), wall - Math.min(before, after)];
  while (late - early > 60_000) {
    const middle = Math.floor((early + late) / 120_000) * 60_000;
    if (offset(middle) === before) early = middle;
    else late = middle;
  }
  return new Date(late);
}
