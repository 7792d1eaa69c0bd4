import { expect, test } from 'vitest';
import { describeText } from './testing.ts';

const ed = (n: number) => {
  const name = Buffer.from('ssh-ed25519');
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return `ssh-ed25519 ${Buffer.concat([field(name), field(Buffer.alloc(32, n))]).toString('base64')}`;
};

const ground = `
site: acme
timezone: Europe/Paris
admin: { from: [10.0.0.0/8] }
zones: { lan: { networks: [10.0.0.0/24] } }
hosts:
  gate: { address: 10.0.0.1, roles: [gateway], ssh: { user: root, host-key: ${ed(4)} } }
  prod1: { address: 10.0.0.11, groups: [A], ssh: { user: debian, host-key: ${ed(5)} } }
  prod2: { address: 10.0.0.12, groups: [B], ssh: { user: debian, host-key: ${ed(6)} } }
  nas: { address: 10.0.0.13, groups: [B] }
`;
const people = `
people:
  alice: { name: Alice Martin, keys: ['${ed(1)} alice@laptop'], groups: [ops] }
  bob: { keys: ['${ed(2)}'], until: 2026-12-31 }
`;
const bastion = `
bastion: { authority: '${ed(8)}', host-authority: '${ed(9)}', static-keys: off, certificates: 5m, break-glass: { people: [bob], as: [root] } }
`;
const described = async (...parts: readonly string[]) => {
  const { site, findings } = await describeText([ground, ...parts].join(''));
  return { site, codes: findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code) };
};

test('people, rules and the bastion are resolved: members of groups, selected hosts, hours, defaults', async () => {
  const { site, codes } = await described(
    people,
    bastion,
    "access: [{ groups: [ops], to: 'group:A or prod2', as: [User_DollarU, debian], when: Mon-Fri 07:00-20:00, allow: [shell] }]",
  );
  expect(codes).toEqual([]);
  expect(site?.people[0]).toMatchObject({
    name: 'alice',
    title: 'Alice Martin',
    keys: [ed(1)],
    groups: ['ops'],
  });
  expect(site?.access).toEqual([
    {
      people: ['alice'],
      hosts: ['prod1', 'prod2'],
      as: ['User_DollarU', 'debian'],
      allow: ['shell'],
      when: [{ days: [1, 2, 3, 4, 5], from: 420, to: 1200 }],
      pointer: '/access/0',
    },
  ]);
  expect(site?.bastion).toMatchObject({
    host: 'gate',
    authority: ed(8),
    staticKeys: false,
    certificates: 300_000,
    keep: 7_776_000_000,
    breakGlass: { people: ['bob'], hosts: ['gate', 'prod1', 'prod2'], as: ['root'] },
  });
});

test('a site without a bastion has none, and nobody', async () => {
  const { site, codes } = await described();
  expect([site?.bastion, site?.people, site?.access, codes]).toEqual([undefined, [], [], []]);
});

test.each([
  ['a person nobody described', 'access: [{ people: [carol], to: all, as: [a] }]', ['person.unknown']],
  ['a group nobody is in', 'access: [{ groups: [opps], to: prod1, as: [a] }]', ['person.group.unknown']],
  ['nobody at all', 'access: [{ to: prod1, as: [a] }]', ['access.nobody']],
  ['no account', 'access: [{ people: [bob], to: prod1, as: [] }]', ['value.empty']],
  [
    'an account that leads sshd astray',
    "access: [{ people: [bob], to: prod1, as: ['../x'] }]",
    ['value.account'],
  ],
  ['facts', "access: [{ people: [bob], to: 'has:scheduler', as: [a] }]", ['selector.fact.described']],
  ['a group no host is in', 'access: [{ people: [bob], to: group:C, as: [a] }]', ['selector.group.unknown']],
  ['a broken selector', "access: [{ people: [bob], to: '(prod1', as: [a] }]", ['selector.open']],
  [
    'a host that is described only',
    'access: [{ people: [bob], to: nas, as: [a] }]',
    ['access.host.unmanaged'],
  ],
  ['wrong hours', 'access: [{ people: [bob], to: prod1, as: [a], when: always }]', ['value.hours']],
  ['an unknown key', 'access: [{ people: [bob], to: prod1, as: [a], hours: x }]', ['rule.key.unknown']],
])('a rule with %s is refused', async (_, rule, wanted) => {
  expect((await described(people, bastion, rule)).codes).toEqual(wanted);
});

test.each([
  ['a private key', "x: { keys: ['-----BEGIN OPENSSH PRIVATE KEY-----'] }", ['value.public-key']],
  ['options before a key', `x: { keys: ['command="sh" ${ed(3)}'] }`, ['value.public-key']],
  [
    'a key that says another type inside',
    `x: { keys: ['ssh-rsa ${ed(3).split(' ')[1]}'] }`,
    ['value.public-key'],
  ],
  ['the key of somebody else', `x: { keys: ['${ed(1)}'] }`, ['person.key.twice']],
  ['no such day', 'x: { until: 2026-02-30 }', ['value.day']],
  ['a name that is an account of Debian', 'www-data: {}', ['person.name.taken']],
  ['the account that Poterne logs in with', 'debian: {}', ['person.name.taken']],
  ['a name with capitals', 'Xavier: {}', ['person.name']],
])('a person with %s is refused', async (_, person, wanted) => {
  expect((await described(people, `  ${person}\n`, bastion)).codes).toEqual(wanted);
});

test.each([
  ['rules and no bastion', 'access: [{ people: [bob], to: prod1, as: [a] }]', ['access.bastion.missing']],
  ['no authority yet', 'bastion: {}', ['bastion.authority.missing']],
  [
    'one key for both authorities',
    `bastion: { authority: '${ed(8)}', host-authority: '${ed(8)}' }`,
    ['bastion.authority.same'],
  ],
  [
    'a host that is described only',
    `bastion: { host: nas, authority: '${ed(8)}', host-authority: '${ed(9)}' }`,
    ['bastion.host.unmanaged'],
  ],
  [
    'certificates for a week',
    `bastion: { certificates: 7d, authority: '${ed(8)}', host-authority: '${ed(9)}' }`,
    ['bastion.certificates'],
  ],
])('a bastion with %s is told', async (_, text, wanted) => {
  expect((await described(people, text)).codes).toEqual(wanted);
});

test('a host that people may enter must have its key described', async () => {
  const hosts = '  prod3: { address: 10.0.0.14, ssh: { user: debian } }\n';
  const { codes } = await described(
    hosts,
    people,
    'access: [{ people: [bob], to: prod3, as: [a] }]\n',
    bastion,
  );
  expect(codes).toEqual(['access.host-key.missing', 'access.host-key.missing']);
});

test('without static keys, Poterne must know the accounts that it logs in with', async () => {
  const hosts = `  prod3: { address: 10.0.0.14, ssh: { host-key: ${ed(7)} } }\n`;
  const { codes } = await described(hosts, people, bastion);
  expect(codes).toEqual(['bastion.login.missing']);
});
