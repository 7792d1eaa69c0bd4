import { accountsOf } from '../../lib/access.ts';
import { personPrincipal } from '../../model/access.ts';
import type { Site } from '../../model/site.ts';
import { enterable } from './stand-in.ts';

/** Where the bastion's own sshd finds what it reads. */
export const bastionEtc = '/etc/poterne/bastion';

/** Where the daemon puts the host key that stands for all machines, and its certificate. */
export const innerHostKey = '/run/poterne-bastion/host_key';

/** Where the daemon puts what was revoked; without it sshd lets nobody in. */
export const innerRevocations = '/run/poterne-bastion/revoked.krl';

/** What sshd is told of a person who enters outside the rules: why. */
export const breakGlassVariable = 'POTERNE_BREAK_GLASS';

/**
 * The configuration of the sshd that answers in the machines' place. It lets in whoever holds a certificate of a person, as any
 * account that somebody may be: the session asks the daemon whether they may, and there is no other way on from here.
 */
export function innerConfig(site: Site): string {
  const keys = site.bastion?.staticKeys ? `${bastionEtc}/keys` : 'none';
  return `# Written by Poterne: the sshd that answers in the machines' place (poterne-ssh@.service).
HostKey ${innerHostKey}
HostCertificate ${innerHostKey}-cert.pub
PidFile none
UsePAM no
# Its files are root's, and its accounts have no folders.
StrictModes no
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
HostbasedAuthentication no
AuthorizedKeysFile ${keys}
TrustedUserCAKeys ${bastionEtc}/authority.pub
AuthorizedPrincipalsFile ${bastionEtc}/principals
RevokedKeys ${innerRevocations}
ExposeAuthInfo yes
DisableForwarding yes
PermitTunnel no
PermitUserRC no
PermitUserEnvironment no
PermitTTY yes
AcceptEnv LANG LC_* ${breakGlassVariable}
PrintMotd no
PrintLastLog no
LoginGraceTime 30
MaxSessions 10
ClientAliveInterval 30
ClientAliveCountMax 4
LogLevel VERBOSE
ForceCommand /usr/lib/poterne/bastion-session
Subsystem sftp poterne-sftp
`;
}

/** Whom its certificates may be of, one a line. */
export function innerPrincipals({ people }: Site): string {
  return lines(people.map(({ name }) => personPrincipal(name)));
}

/** The registered keys, for while they open something by themselves. */
export function innerKeys({ people, bastion }: Site): string {
  return lines(
    bastion?.staticKeys ? people.flatMap(({ keys }) => keys.map((key) => `restrict,pty ${key}`)) : [],
  );
}

/** The accounts that may be asked for, of any machine. */
export function innerAccounts(site: Site): string {
  return lines([...new Set(enterable(site).flatMap(({ name }) => accountsOf(site, name)))].sort());
}

/** The names by which the bastion must find the machines, as /etc/hosts has them. */
export function machineNames(site: Site, ledBy: (host: Site['hosts'][number]) => readonly string[]): string {
  return lines(enterable(site).flatMap((host) => ledBy(host).map((address) => `${address} ${host.name}`)));
}

const lines = (some: readonly string[]): string => some.map((line) => `${line}\n`).join('');
