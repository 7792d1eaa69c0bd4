import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../../lib/testing-ports.ts';
import type { LdapDirectory } from '../../../model/sign-in.ts';
import { issue, type Pair } from '../../../verify/testing/pki.ts';

const exec = promisify(execFile);

/** OpenLDAP's own server, run from a folder without any right, on ports of loopback. */
export interface Slapd {
  readonly ldaps: number;
  readonly ldap: number;
  /** The process, to end it or to make it hang. */
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

export interface Wanted {
  /** Whose certificate it has. */
  readonly certificate: Pair;
  readonly authority: Pair;
  readonly ldif: string;
  readonly ports?: { readonly ldaps: number; readonly ldap: number };
}

export const suffix = 'dc=example,dc=fr';

/** The authority and the certificate of a test's servers, for these names. */
export async function pkiOf(names: readonly string[] = ['localhost']) {
  const authority = await issue({ common: 'Test authority', authority: true });
  return { authority, certificate: await issue({ names, by: authority }) };
}

/** Begins with the entries of an LDIF, over TLS only; `ppolicy` and `memberof` are on. */
export async function startSlapd(folder: string, wanted: Wanted): Promise<Slapd> {
  const data = join(folder, 'data');
  const at = (name: string) => join(folder, name);
  await mkdir(data, { recursive: true });
  await writeFile(at('ca.pem'), wanted.authority.cert);
  await writeFile(at('crt.pem'), wanted.certificate.cert);
  await writeFile(at('key.pem'), wanted.certificate.key, { mode: 0o600 });
  await writeFile(at('people.ldif'), wanted.ldif);
  await writeFile(at('slapd.conf'), slapdConf(folder));
  await exec('/usr/sbin/slapadd', ['-q', '-f', at('slapd.conf'), '-l', at('people.ldif')]);
  const { ldaps, ldap } = wanted.ports ?? { ldaps: await freePort(), ldap: await freePort() };
  const child = spawn(
    '/usr/sbin/slapd',
    ['-d', '0', '-f', at('slapd.conf'), '-h', `ldap://127.0.0.1:${ldap}/ ldaps://127.0.0.1:${ldaps}/`],
    { stdio: 'ignore' },
  );
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await listens(ldaps);
  return {
    ldaps,
    ldap,
    process: child,
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** What it is configured with: its data, certificate (`crt.pem`, `key.pem`, `ca.pem`) and process id are in the folder. */
export function slapdConf(folder: string): string {
  const at = (name: string) => join(folder, name);
  return `${['core', 'cosine', 'nis', 'inetorgperson'].map((each) => `include /etc/ldap/schema/${each}.schema`).join('\n')}
pidfile ${at('slapd.pid')}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
TLSCACertificateFile ${at('ca.pem')}
TLSCertificateFile ${at('crt.pem')}
TLSCertificateKeyFile ${at('key.pem')}
security simple_bind=128
sizelimit 500
database mdb
suffix "${suffix}"
rootdn "cn=root,${suffix}"
directory ${at('data')}
maxsize 10485760
dbnosync
index objectClass,uid,member,memberUid,cn eq
overlay memberof
overlay ppolicy
ppolicy_default "cn=usual,ou=policies,${suffix}"
ppolicy_use_lockout
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=poterne,ou=services,${suffix}" read by * none
`;
}

/** The directory as a description would have it. */
export function directoryOf(
  folder: string,
  servers: LdapDirectory['servers'],
  more: Partial<LdapDirectory> = {},
): LdapDirectory {
  return {
    ...{ name: 'ldap', kind: 'ldap', pointer: '/directories/ldap', servers },
    trust: { ca: join(folder, 'ca.pem'), pointer: '/directories/ldap/trust/ca' },
    ...{ base: `ou=people,${suffix}`, groupBase: `ou=groups,${suffix}` },
    bind: {
      user: `cn=poterne,ou=services,${suffix}`,
      password: { file: join(folder, 'secret'), pointer: '/directories/ldap/bind/password' },
    },
    ...{ attributes: {}, groups: {} },
    ...more,
  };
}

async function listens(port: number): Promise<void> {
  for (let i = 0; i < 200; i += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}
