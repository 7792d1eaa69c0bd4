import { suffix } from './slapd.ts';

/** Of "slow-password", by 300,000 rounds of SHA-512: servers that are careful with passwords take their time. */
const slowHash =
  '$6$rounds=300000$saltsalt$IRSEZtyTcIvN4OFCPWlSHSgMrjpIwK27myNl6VR3NS4emhzlPoHeR6UK7kpax5G4lSB81fF/PdSQFu3Ia29j4.';

const person = (uid: string, more = '', password = `${uid}-password`) => `
dn: uid=${uid},ou=people,${suffix}
objectClass: inetOrgPerson
objectClass: shadowAccount
uid: ${uid}
sn: ${uid}
cn: ${uid} Exemple
mail: ${uid}@example.fr
userPassword: ${password}
${more}`;

const group = (cn: string, members: readonly string[]) => `
dn: cn=${cn},ou=groups,${suffix}
objectClass: groupOfNames
cn: ${cn}
${members.map((each) => `member: ${each.includes('=') ? each : `uid=${each},ou=people`},${suffix}`).join('\n')}
`;

/** A small town hall: groups in groups and in circles, accounts in every state. */
export const townHall = `
dn: ${suffix}
objectClass: dcObject
objectClass: organization
dc: example
o: Example
${['people', 'groups', 'services', 'policies'].map((ou) => `\ndn: ou=${ou},${suffix}\nobjectClass: organizationalUnit\nou: ${ou}\n`).join('')}
dn: cn=poterne,ou=services,${suffix}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: poterne
userPassword: service-password

dn: cn=usual,ou=policies,${suffix}
objectClass: organizationalRole
objectClass: pwdPolicy
cn: usual
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 3
pwdLockoutDuration: 2
pwdMustChange: TRUE
pwdFailureCountInterval: 60
${person('alice', 'displayName: Alice Martin\n')}
${person('bob')}
${person('carol', 'shadowExpire: 1\n')}
${person('dave', 'pwdAccountLockedTime: 000001010000Z\n')}
${person('erin', 'pwdReset: TRUE\n')}
${person('frank', 'shadowExpire: 40000\n')}
${person('grace', `memberOf: cn=dynamic,ou=groups,${suffix}\n`)}
${person('star*', '', 'star-password')}
${person('chloé.müller')}
${person('hid\u200bden', '', 'hidden-password')}
${person('slow', '', `{CRYPT}${slowHash}`)}
${group('staff', ['alice', 'cn=cell,ou=groups'])}
${group('cell', ['bob', 'cn=ring,ou=groups'])}
${group('ring', ['grace', 'cn=staff,ou=groups'])}
${group('admins', ['alice'])}
dn: cn=posix,ou=groups,${suffix}
objectClass: posixGroup
cn: posix
gidNumber: 1000
memberUid: frank
`;
