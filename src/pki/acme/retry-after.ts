/** When `Retry-After` allows the next request (RFC 9110 §10.2.3: seconds, or a date), in milliseconds since 1970. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,10}$/.test(text)) return now + Number(text) * 1000;
  // Dates only: `Date.parse` takes other things for years.
  const date = /^[A-Za-z]{3,9}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(now, date);
}
