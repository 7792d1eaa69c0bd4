/** Messages of people's passwords and second factors: code → text; `{name}` stands for a value. */
export const people = {
  'password.short':
    'a password has {length} characters at least; a few words in a row are easy to keep in mind',
  'password.long': 'a password has {length} characters at most',
  'password.common':
    'this password is easy to guess: it is made of common words, of a row of keys, or of your own names; take another',
  'password.busy': 'more than {count} passwords wait to be checked',
  'password.busy.next': 'try again in a minute',
  'seal.broken':
    'what is sealed ({about}) does not open: the machine’s key is not the one that sealed it, or it was altered',
  'seal.broken.next':
    'put the machine’s key back from a backup (/etc/poterne/machine.key, or the file that POTERNE_MACHINE_KEY names); or have the person enrol again: poterne user reset-factors',
  'factor.unsealable': 'this machine has no key that could seal the seed of one-time codes',
  'factor.unsealable.next':
    'give the service one: "openssl rand -base64 32" in /etc/poterne/machine.key, readable by its account alone',
  'factor.many': 'nobody has more than {count} second factors: remove one first',
  'factor.wrong': 'That code is not right. Wait for the next one and type that.',
  'factor.used': 'That code was used already. Wait for the next one.',
  'factor.paused': 'Too many wrong codes. Try again in a few minutes.',
  'factor.gone': 'This took too long. Begin again.',
  'factor.passkey.wrong': 'This passkey was not accepted. Try again, or use another way.',
  'factor.told.subject': '{site}: your ways to sign in changed',
  'factor.told.added': 'A second factor was added to your account at {site} on {at}: {name}.',
  'factor.told.removed': 'A second factor was removed from your account at {site} on {at}: {name}.',
  'factor.told.reset':
    'An administrator removed all second factors of your account at {site} on {at}. You are asked to make new ones when you sign in.',
  'factor.told.recovery': 'A recovery code of your account at {site} was used on {at}. Codes left: {name}.',
  'password.told.changed':
    'The password of your account at {site} was changed on {at}. All other sessions ended.',
  'password.told.given': 'An administrator set another password for your account at {site} on {at}.',
  'password.told.invitation':
    'Another password was chosen for your account at {site} on {at}, by an invitation.',
  'email.told.changed':
    'Letters about your account at {site} go to another address since {at}: an administrator changed it.',
  'factor.told.unexpected': 'If this was not you, tell your administrators at once.',
} as const;
