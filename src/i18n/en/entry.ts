/** Messages of the entry: sessions of visitors and what answers nginx about them; `{name}` stands for a value. */
export const entry = {
  'sessions.unavailable': 'sessions cannot be looked up: {reason}; whoever must sign in is refused meanwhile',
  'sessions.unavailable.next': 'see to the store; people get in again by themselves once it answers',
  'signing.lost':
    'the keys that sign who people are could not be read, and are put aside as {file}; new ones were made',
  'signing.lost.next': 'applications take the new ones by themselves; nobody is signed out',
  'entry.defect': 'a request about a visitor could not be answered: {reason}',
  'entry.clock.back':
    'the clock went back by {seconds} seconds: sessions from its future are refused; set it right, by NTP',
  'entry.clock.ahead':
    'the clock went ahead by {seconds} seconds: sessions that it made old have ended; set it right, by NTP',
  'entry.again.title': 'That took too long, or was opened elsewhere',
  'entry.again.text': 'The way from signing in to this page holds for a short time, once, in one browser.',
  'entry.again.link': 'Try again',
} as const;
