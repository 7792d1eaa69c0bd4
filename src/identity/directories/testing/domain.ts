import type { LabHost } from '../../../../lab/host.ts';

/** Where a controller's certificate is put before it boots. */
export const tlsFolder = '/etc/poterne-test';

const administrator = 'Admin-password1';
const realm = 'example.lan';
export const domain = 'dc=example,dc=lan';

const tls = [
  '--option=tls enabled = yes',
  `--option=tls certfile = ${tlsFolder}/crt.pem`,
  `--option=tls keyfile = ${tlsFolder}/key.pem`,
  `--option=tls cafile = ${tlsFolder}/ca.pem`,
];

/** Makes a host the first controller of a new domain, with people and groups in every state, and starts it. */
export async function provision(host: LabHost, address: string): Promise<void> {
  await must(host, ['rm', '-f', '/etc/samba/smb.conf']);
  await must(host, [
    ...['samba-tool', 'domain', 'provision', `--realm=${realm}`, '--domain=EXAMPLE', '--server-role=dc'],
    ...['--dns-backend=SAMBA_INTERNAL', `--adminpass=${administrator}`, `--host-ip=${address}`, ...tls],
  ]);
  await must(host, ['python3', '-c', people]);
  await start(host);
}

/**
 * Makes a host a further controller of the domain that its resolver leads to, and starts it. The first controller
 * listens some seconds before it can tell who anybody is, and has the DNS of the domain: the join waits for both
 * ways of proving oneself, and is tried again from a clean state when one of its many services was later still.
 */
export async function join(host: LabHost, first: string): Promise<void> {
  for (const kerberos of ['off', 'required'])
    await must(host, ['sh', '-c', untilTold, 'sh', `ldap://${first}.${realm}`, kerberos, account]);
  for (let round = 1; ; round += 1) {
    await must(host, ['sh', '-c', 'rm -f /etc/samba/smb.conf; find /var/lib/samba -type f -delete']);
    const joined = await host.run(
      [
        ...['samba-tool', 'domain', 'join', realm, 'DC', '-U', account],
        ...['--dns-backend=SAMBA_INTERNAL', ...tls],
      ],
      { timeout: 120_000 },
    );
    if (joined.code === 0) break;
    const said = `${joined.stdout}${joined.stderr}`;
    if (round === 3) throw new Error(`${host.name} did not join in ${round} rounds: ${said}`);
    console.warn(`${host.name} did not join, and tries again: ${said}`);
  }
  await start(host);
}

const account = `administrator%${administrator}`;

/** Its arguments: the server, whether by Kerberos or NTLM, and who asks. */
const untilTold = `for i in $(seq 60); do
  said=$(timeout 10 samba-tool user list --configfile=/dev/null --realm=EXAMPLE.LAN -H "$1" \
    "--use-kerberos=$2" -U "$3" 2>&1) && exit 0
  sleep 0.5
done
echo "$said"; exit 1`;

async function start(host: LabHost): Promise<void> {
  await must(host, ['systemctl', 'start', 'samba-ad-dc']);
  await must(host, [
    'sh',
    '-c',
    'for i in $(seq 300); do ss -tln | grep -q :636 && exit 0; sleep 0.2; done; exit 1',
  ]);
}

/** Runs a program of the domain's database on its controller: `db`, `base` and `mod` are there. */
export async function change(host: LabHost, program: string): Promise<void> {
  await must(host, ['python3', '-c', prelude + program]);
}

async function must(host: LabHost, argv: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await host.run(argv, { timeout: 120_000 });
  if (code !== 0) throw new Error(`${host.name}: ${argv.slice(0, 3).join(' ')}: ${stdout}${stderr}`);
}

const prelude = `
from samba.samdb import SamDB
from samba.auth import system_session
from samba.param import LoadParm
import ldb
lp = LoadParm(); lp.load_default()
db = SamDB(url='/var/lib/samba/private/sam.ldb', session_info=system_session(), lp=lp)
base = db.domain_dn()
def dn(name): return db.search(base, expression='(sAMAccountName=%s)' % name, attrs=[])[0].dn
def mod(name, **values):
    m = ldb.Message(ldb.Dn(db, str(name)))
    for k, v in values.items(): m[k] = ldb.MessageElement(v, ldb.FLAG_MOD_REPLACE, k)
    db.modify(m)
`;

/** Passwords are the name and \`-Passw0rd\`; three wrong ones lock for four seconds. */
const people = `${prelude}
mod(base, lockoutThreshold='3', lockoutDuration='-40000000', lockOutObservationWindow='-40000000')
for ou in ['Groups', 'People']: db.create_ou('OU=%s,%s' % (ou, base))
for u in ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan']:
    db.newuser(u, u + '-Passw0rd', givenname=u.capitalize(), surname='Exemple', mailaddress=u + '@example.lan', userou='OU=People')
db.newuser('poterne', 'service-Passw0rd')
for g in ['Staff', 'Cell', 'Ring', 'Admins', 'Special']: db.newgroup(g, groupou='OU=Groups')
db.add_remove_group_members('Staff', ['alice', 'Cell'])
db.add_remove_group_members('Cell', ['bob', 'Ring'])
db.add_remove_group_members('Ring', ['grace', 'Staff'])
db.add_remove_group_members('Admins', ['alice'])
db.add_remove_group_members('Special', ['heidi'])
mod(dn('carol'), userAccountControl='514')
mod(dn('dave'), accountExpires='131000000000000000')
mod(dn('erin'), pwdLastSet='0')
mod(dn('heidi'), primaryGroupID=db.search(dn('Special'), attrs=['primaryGroupToken'])[0]['primaryGroupToken'][0])
mod(dn('ivan'), logonHours=bytes(21))
`;
