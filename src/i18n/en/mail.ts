/** Messages of letters and of the secrets they need: code → text; `{name}` stands for a value. */
export const mail = {
  // Findings.
  'mail.key.unknown': 'unknown key "{key}" in mail',
  'mail.key.missing': 'mail lacks the key "{key}" here',
  'archives.key.unknown': 'unknown key "{key}" in archives',
  'archives.key.missing': 'archives lacks the key "{key}"',
  'runs.key.unknown': 'unknown key "{key}" in runs',
  'runs.key.missing': 'runs lacks the key "{key}"',
  'mail.login': 'the mail server’s {has} has no {lacks} beside it: both, or neither',
  'secret.written': 'a secret stands here: a description holds none',
  'secret.written.hint':
    'put it in a file that only its owner reads and write { file: /etc/poterne/secrets/NAME }; change it if others saw it',
  'value.file.absolute': '"{value}" is not an absolute path',
  'value.mailbox': '"{value}" is no sender: write an address, or a name and an address in <>',
  'value.url.folder':
    '"{value}" is not the URL of a folder: write http:// or https://, without a user, a "?" or a "#"',

  // Secrets.
  'secret.missing': 'there is no file {file} for the secret',
  'secret.missing.next':
    'make it with the secret on one line, and "chmod 600 {file}"; on an installed gateway "chgrp poterne {file}" and "chmod 640 {file}"',
  'secret.unreadable': 'the secret’s file {file} cannot be read: {reason}',
  'secret.unreadable.next':
    'let the account that runs Poterne read it; on an installed gateway: chgrp poterne {file}; chmod 640 {file}',
  'secret.open':
    'others than its owner may read the secret in {file} (mode {reason}), or it is another account’s',
  'secret.open.next':
    'chmod 600 {file}, owned by root or by this account; change the secret if others may have read it',
  'secret.form': '{file} does not hold one secret on one line',
  'secret.form.next': 'write it there alone, as text; an end of line after it is left out',

  // Letters.
  'mail.undescribed': 'the description does not say how letters leave',
  'mail.undescribed.next': 'add "mail" with smtp and from; see docs/archive.md',
  'mail.address': '"{address}" is not an address that a letter can go to',
  'mail.address.next': 'write it like team@example.fr',
  'mail.unreachable': 'the mail server {server} cannot be reached: {reason}',
  'mail.unreachable.next':
    'see whether it is on and this machine may reach that port; the letter is tried again',
  'mail.certificate': 'the mail server {server} has a certificate that is not trusted: {reason}',
  'mail.certificate.next':
    'nothing was sent; use the name that its certificate has, and "ca" if an authority of your own signs it',
  'mail.ca': 'the mail server’s authority {file} cannot be read: {reason}',
  'mail.ca.next': 'correct the path of "ca" or its rights',
  'mail.tls': 'the mail server {server} offers no TLS there that can be used: {reason}',
  'mail.tls.next':
    'nothing was sent, since it would go in clear; use port 587 with starttls, or 465 with implicit',
  'mail.login.refused': 'the mail server {server} refuses the login of {user}: {reason}',
  'mail.login.refused.next': 'correct the user, or the password in its file, then "poterne mail retry"',
  'mail.sender.refused': 'the mail server {server} refuses letters from {from}: {reason}',
  'mail.sender.refused.next': 'use a sender ("from") that it lets this login use, then "poterne mail retry"',
  'mail.recipient.refused': 'the mail server {server} refuses letters to {to}: {reason}',
  'mail.recipient.refused.next':
    'correct the address and send again, or "poterne mail retry" once the server takes it',
  'mail.large': 'the letter is too large for the mail server {server}: {reason}',
  'mail.large.next': 'set "limit" of mail below what it takes, and "archives" for a link in its place',
  'mail.busy': 'the mail server {server} does not take the letter now: {reason}',
  'mail.busy.next': 'it is tried again later; or "poterne mail retry"',
  'mail.refused': 'the mail server {server} does not take the letter: {reason}',
  'mail.refused.next': 'do what it says, then "poterne mail retry"',
  'mail.unknown': 'no letter {id} is waiting',
  'mail.unknown.next': 'see "poterne mail queue"',
} as const;
