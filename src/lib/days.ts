const formats = new Map<string, Intl.DateTimeFormat>();

/** The day of an instant in a time zone (IANA name), as `2026-12-31`. */
export function dayAt(at: Date, timezone: string): string {
  let format = formats.get(timezone);
  if (!format) {
    // Sweden writes ISO 8601.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short' });
    formats.set(timezone, format);
  }
  return format.format(at);
}

/** The first instant after a day (`2026-12-31`) in a time zone, whatever clocks do there that night. */
export function endOfDay(day: string, timezone: string): Date {
  // No zone is more than 14 hours away from UTC.
  let before = Date.parse(`${day}T00:00:00Z`) - 15 * 3_600_000;
  let after = before + 56 * 3_600_000;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayAt(new Date(middle), timezone) > day) after = middle;
    else before = middle;
  }
  return new Date(after);
}
