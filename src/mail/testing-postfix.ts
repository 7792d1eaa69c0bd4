import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import type { TopologyInput } from '../../lab/topology.ts';

/**
 * A real Postfix on a host of the lab: submission with STARTTLS and with TLS from the first byte, logins checked by Dovecot, and
 * mailboxes that are read back. `poterne` logs in with this password.
 */
export const password = 's3cr3t é';

const postfix = `compatibility_level = 3.6
myhostname = mx.example.fr
mydestination = example.fr
mynetworks = 127.0.0.0/8
inet_interfaces = all
inet_protocols = ipv4
home_mailbox = Maildir/
smtputf8_enable = yes
message_size_limit = 3000000
mailbox_size_limit = 0
smtpd_tls_cert_file = /etc/postfix/mx.crt
smtpd_tls_key_file = /etc/postfix/mx.key
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_sender_login_maps = texthash:/etc/postfix/senders
smtpd_sender_restrictions = reject_sender_login_mismatch
maillog_file = /var/log/postfix.log
`;
const services = `smtp inet n - y - - smtpd
submission inet n - y - - smtpd
smtps inet n - y - - smtpd
  -o smtpd_tls_wrappermode=yes
clear inet n - y - - smtpd
  -o smtpd_tls_security_level=none
pickup unix n - y 60 1 pickup
cleanup unix n - y - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - y 1000? 1 tlsmgr
rewrite unix - - y - - trivial-rewrite
bounce unix - - y - 0 bounce
defer unix - - y - 0 bounce
trace unix - - y - 0 bounce
verify unix - - y - 1 verify
flush unix n - y 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - y - - error
retry unix - - y - - error
discard unix - - y - - discard
local unix - n n - - local
anvil unix - - y - 1 anvil
scache unix - - y - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;
const dovecot = `protocols =
disable_plaintext_auth = no
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = scheme=PLAIN /etc/dovecot/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/tmp
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
`;

/** The host, with a mailbox for each of these people of `example.fr`. */
export const postfixHost = (address: string, people: readonly string[]): TopologyInput['hosts'][string] => ({
  interfaces: { lan: [address] },
  packages: ['postfix', 'dovecot-imapd'],
  files: {
    '/etc/postfix/main.cf': { content: postfix },
    '/etc/postfix/master.cf': { content: services },
    '/etc/postfix/senders': { content: 'poterne@example.fr poterne\n' },
    '/etc/dovecot/dovecot.conf': { content: dovecot },
    '/etc/dovecot/users': { content: `poterne:${password}\n` },
    '/etc/aliases': { content: '' },
  },
  run: [
    ...people.map((name) => ['useradd', '--create-home', name]),
    ['sh', '-c', 'echo clear 2525/tcp >>/etc/services; newaliases'],
  ],
});

/** Starts it with a certificate of an authority, `ca.crt` in the folder; `other.crt` is another's. `password` is there too. */
export async function startPostfix(lab: Lab, folder: string): Promise<void> {
  const mx = lab.host('mx');
  for (const authority of ['ca', 'other']) certificate(folder, authority, mx.address);
  for (const [file, to] of [
    ['mx-ca.crt', '/etc/postfix/mx.crt'],
    ['mx-ca.key', '/etc/postfix/mx.key'],
  ] as const)
    await mx.run([
      'sh',
      '-c',
      'umask 077; printf %s "$1" >"$2"',
      'sh',
      await readFile(join(folder, file), 'utf8'),
      to,
    ]);
  await mx.run(['systemctl', 'start', 'dovecot', 'postfix']);
  await writeFile(join(folder, 'password'), `${password}\n`, { mode: 0o600 });
}

/** An authority, and a certificate of it for the mail server's address. */
function certificate(folder: string, name: string, address: string): void {
  const openssl = (...argv: readonly string[]) =>
    execFileSync('openssl', argv, { cwd: folder, stdio: 'pipe' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...ec, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.crt`);
  const extension = [
    '-addext',
    `subjectAltName=IP:${address}`,
    '-addext',
    'basicConstraints=critical,CA:FALSE',
  ];
  const signed = ['-CA', `${name}.crt`, '-CAkey', `${name}.key`, '-subj', '/CN=mx'];
  openssl(
    'req',
    '-x509',
    ...ec,
    ...signed,
    ...extension,
    '-keyout',
    `mx-${name}.key`,
    '-out',
    `mx-${name}.crt`,
  );
}

/** The letters of a mailbox, once there are so many. */
export async function mailbox(lab: Lab, name: string, count = 1): Promise<readonly string[]> {
  const mx = lab.host('mx');
  const list = async () =>
    (await mx.run(['sh', '-c', `ls /home/${name}/Maildir/new 2>/dev/null || true`])).stdout
      .split('\n')
      .filter(Boolean);
  await expect.poll(list, { timeout: 20_000 }).toHaveLength(count);
  const letters: string[] = [];
  for (const file of await list())
    letters.push((await mx.run(['cat', `/home/${name}/Maildir/new/${file}`])).stdout);
  return letters;
}

/** The text and the attachment of a letter, as a mail reader has them. */
export async function opened(
  folder: string,
  letter: string,
): Promise<{ readonly subject: string; readonly text: string; readonly attachment?: string }> {
  const at = await mkdtemp(join(folder, 'letter-'));
  await writeFile(join(at, 'letter'), letter);
  const program = `
import email, email.policy, sys
m = email.message_from_binary_file(open('letter','rb'), policy=email.policy.default)
open('text','w').write(m.get_body(('plain',)).get_content())
for a in m.iter_attachments(): open(a.get_filename(),'wb').write(a.get_content())
open('subject','w').write(m['subject'])`;
  execFileSync('python3', ['-c', program], { cwd: at });
  const names = (await readdir(at)).filter((name) => name.endsWith('.gz'));
  const text = await readFile(join(at, 'text'), 'utf8');
  const subject = await readFile(join(at, 'subject'), 'utf8');
  return { subject, text, ...(names[0] === undefined ? {} : { attachment: join(at, names[0]) }) };
}
