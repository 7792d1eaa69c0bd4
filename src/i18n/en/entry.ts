/** Messages of the entry: sessions of visitors and what answers nginx about them; `{name}` stands for a value. */
export const entry = {
  'sessions.unavailable': 'sessions cannot be looked up: {reason}; whoever must sign in is refused meanwhile',
  'sessions.unavailable.next': 'see to the store; people get in again by themselves once it answers',
  'signing.lost':
    'the keys that sign who people are could not be read, and are put aside as {file}; new ones were made',
  'signing.lost.next': 'applications take the new ones by themselves; nobody is signed out',
  'entry.unopened':
    'what answers about visitors could not be opened: {reason}; whoever must sign in is refused, and it is tried again',
  'entry.defect': 'a request about a visitor could not be answered: {reason}',
  'entry.sightings':
    'whose connections there are could not be written down: {reason}; people get in, asked about at each request, and a cut of theirs may leave open what goes on',
  'entry.sightings.next': 'make room on the disk of the state folder; it goes on by itself',
  'entry.countries':
    'the file of countries {file} cannot be read: {reason}; no rule lets in by country meanwhile',
  'entry.clock.back':
    'the clock went back by {seconds} {seconds|second|seconds}: sessions from its future are refused; set it right, by NTP',
  'entry.clock.ahead':
    'the clock went ahead by {seconds} {seconds|second|seconds}: sessions that it made old have ended; set it right, by NTP',
  'entry.again.title': 'That took too long, or was opened elsewhere',
  'entry.again.text': 'The way from signing in to this page holds for a short time, once, in one browser.',
  'entry.again.link': 'Try again',

  // poterne token
  'token.about': 'tokens for machines: each acts as a person, at some publications, until a day',
  'token.create.about': 'Make a token; it is shown once',
  'token.create.usage': '[options] <name>',
  'token.name': 'what it is called in lists and logs',
  'token.as': 'whom it acts as: what they may without a second factor, it may',
  'token.for': 'publications where it counts',
  'token.path': 'paths where it counts, such as /rfe/; without, all',
  'token.expires': 'for how long: 12h, 30d, 1y',
  'token.created':
    'Token "{name}" acts as {user} until {until}. It is shown this once: only its hash is kept.',
  'token.created.next': 'curl -H "Authorization: Bearer $TOKEN" {url}',
  'token.list.about': 'List tokens: whom they act as, where, until when, when they were used last',
  'token.list.all': 'those that were revoked or have expired too',
  'token.none': 'No token.',
  'token.head.name': 'name',
  'token.head.as': 'acts as',
  'token.head.for': 'where',
  'token.head.expires': 'until',
  'token.head.used': 'last used',
  'token.head.by': 'made by',
  'token.head.state': 'state',
  'token.state.valid': 'valid',
  'token.state.expired': 'expired',
  'token.state.revoked': 'revoked',
  'token.revoke.about': 'Revoke a token: it is refused at once',
  'token.revoke.usage': '[options] <name>',
  'token.which': 'its name or its id',
  'token.revoked': 'Revoked: {name}.',
  'token.name.form': '"{name}" cannot name a token: small letters, digits, and . _ -',
  'token.as.missing': 'say whom the token acts as: --as, with a person of the description',
  'token.for.missing': 'say where the token counts: --for, with a publication',
  'token.for.unknown': '"{publication}" is no publication that asks who visitors are',
  'token.path.form': '"{path}" is no prefix of paths: such as /rfe/, with a slash at both ends',
  'token.expires.form': '"{value}" is no time that a token may last: a minute to two years, such as 90d',
  'token.taken': 'a valid token is called "{name}" already',
  'token.taken.next': 'poterne token revoke {name}, or another name',
  'token.unknown': 'no valid token is called "{name}"',
} as const;
