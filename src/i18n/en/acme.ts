/** Messages of the ACME client: code → text; `{name}` stands for a value. */
export const acme = {
  'acme.key': 'the ACME account key {file} is not an ECDSA P-256 key',
  'acme.key.next': 'put it back from a backup, or move it away: a new account is made then',
} as const;
