/**
 * What the entry of a site writes to the audit log, from the general to the particular; `poterne audit --what` finds what is below a word
 * too. `result` says whether it was done or refused, and `detail.why` why not. A test looks that nothing else is written.
 */
export const loggedByEntry = {
  'sign-in': 'somebody signed in, or was refused',
  'sign-in.factor': 'a second factor was given, or refused',
  'sign-out': 'somebody signed out',
  'session.end': 'a session was ended',
  access: 'somebody was not let in to a publication: the first time in a minute, and how often',
  'access.end': 'a live connection was ended: its hours, its session or its approval were over',
  'approval.ask': 'somebody asked to be let in for a time',
  'approval.accept': 'somebody let them in',
  'approval.refuse': 'somebody did not',
  'approval.end': 'an approval was ended early',
  'factor.add': 'a second factor was enrolled',
  'factor.remove': 'one was removed',
  'factor.reset': 'an administrator removed them all',
  'factor.recovery': 'a recovery code was used',
  'factor.recovery-codes': 'new recovery codes were made',
  'password.set': 'a password was set',
  'user.invite': 'a person was invited to choose a password',
  'user.guest': 'a guest was made, or changed',
  'user.end': 'a guest was ended',
  'token.create': 'a service token was made',
  'token.revoke': 'a service token was revoked',
  cut: 'something was cut off',
  restore: 'it was restored',
} as const;
