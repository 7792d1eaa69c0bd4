import fc from 'fast-check';
import { expect, describe as group, test } from 'vitest';
import { describe } from '../../describe/index.ts';
import { memory } from '../../describe/testing.ts';
import { isManaged, type Site } from '../../model/site.ts';
import { expandRange } from './ansible.ts';
import { csvRows } from './csv.ts';
import { descriptionOf, formatOf, type InventoryFormat, importInventory } from './index.ts';

/** What an inventory imports: nothing may be wrong with it, nor with the description it becomes. */
async function siteFrom(text: string, file: string, format: InventoryFormat): Promise<Site> {
  const { hosts, findings } = importInventory(text, file, format);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const yaml = descriptionOf(hosts, 'imported');
  const main =
    'site: s\nadmin: { from: [192.0.2.0/24] }\nzones: { dmz: { networks: [10.20.0.0/24] } }\ninclude: [hosts.yaml]\n';
  const files = memory({ '/site.yaml': main, '/hosts.yaml': yaml });
  const { site, findings: described } = await describe('/site.yaml', { files });
  if (!site) throw new Error(JSON.stringify(described));
  return site;
}

/** Hosts in short: name, addresses, groups, and user and port when reached over SSH. */
function short({ hosts }: Site): readonly string[] {
  return hosts
    .filter(({ pointer }) => pointer !== '')
    .map(({ name, addresses, groups, ssh }) =>
      [name, addresses.join('+'), groups.join('+'), ssh ? `${ssh.user ?? ''}:${ssh.port}` : 'no ssh'].join(
        ' ',
      ),
    );
}

const mistakes = (text: string, file: string, format: InventoryFormat) =>
  importInventory(text, file, format).findings.map(({ severity, code, params, at }) =>
    `${severity} ${code} ${at?.line} ${Object.values(params).join(' ')}`.trim(),
  );

group('CSV', () => {
  test('as a spreadsheet in French saves it: BOM, semicolons, quotes, lines within a cell', async () => {
    const csv =
      '\u{feff}Nom;Adresse IP;Groupes;Utilisateur;Port;Zone;Commentaire\r\n' +
      'web-1;10.20.0.2;web, production;debian;;dmz;"un ""vrai""\r\nserveur"\r\n' +
      ';;;;;;\r\n' +
      'db-1;"10.20.0.3 fd00::3";"db";;2222;;\r\n' +
      'mail.example.fr;;;;22;;';
    const site = await siteFrom(csv, 'serveurs.csv', 'csv');
    expect(short(site)).toEqual([
      'web-1 10.20.0.2 web+production debian:22',
      'db-1 10.20.0.3+fd00::3 db :2222',
      'mail.example.fr mail.example.fr  :22',
    ]);
    expect(site.hosts[0]?.zone).toBe('dmz');
    // Running commands on servers is no wish to have their firewalls replaced.
    expect(site.hosts.filter(isManaged).map(({ options }) => options.nftables)).toEqual(
      [1, 2, 3].map(() => ({ firewall: false })),
    );
    expect(mistakes(csv, 'serveurs.csv', 'csv')).toEqual(['note import.column.ignored 1 Commentaire']);
  });

  test('commas and tabs', async () => {
    for (const sign of [',', '\t'])
      expect(
        short(await siteFrom(['host,ip', 'a,192.0.2.1'].join('\n').replaceAll(',', sign), 'a', 'csv')),
      ).toEqual(['a 192.0.2.1  :22']);
  });

  test.each([
    ['', ['error import.nothing 1']],
    ['name,ip\n', ['error import.nothing 1']],
    ['ip,user\n192.0.2.1,root\n', ['error import.column.missing 1 ip, user']],
    ['name,host\na,b\n', ['error import.column.twice 1 host name']],
    ['name,ip\n\na,192.0.2.1,x\n', ['error import.row 3 3 2']],
    ['name,ip\n,192.0.2.1\n', ['error import.name.missing 2']],
    ['name\n"a\nb",\n"c\n', ['error import.quote 4', 'error import.row 2 2 1']],
    ['name\na\n"b\nb"\na\n', ['error import.twice 5 a 2']],
  ])('mistake: %j', (csv, expected) => {
    expect(mistakes(csv, 'x.csv', 'csv')).toEqual(expected);
  });

  test('whatever cells hold comes back', () => {
    const cell = fc
      .string({ unit: fc.constantFrom('a', ' b', '"', ';', ',', '\n', 'é') })
      .map((text) => text.trim());
    const row = fc.array(cell, { minLength: 1, maxLength: 4 }).filter((cells) => cells.some(Boolean));
    fc.assert(
      fc.property(
        fc.array(row),
        fc.constantFrom(';', ','),
        fc.constantFrom('\n', '\r\n', ''),
        (rows, sign, end) => {
          const line = (cells: readonly string[]) =>
            cells.map((each) => `"${each.replaceAll('"', '""')}"`).join(sign);
          const text = rows.map(line).join(end || '\n') + end;
          expect(csvRows(text, sign)).toEqual({
            rows: rows.map((cells) => expect.objectContaining({ cells })),
          });
        },
      ),
    );
  });
});

const ini = `# A comment
mail ansible_host=10.0.0.9 ansible_connection=ssh
[web]
web[01:03].example.fr ansible_user=deploy ansible_ssh_pass="x # y"   # a comment
[db]
db-a:2222 ansible_host='10.0.0.20'
[empty]

[prod:children]
web
db
[prod:vars]
ansible_user = "root"
ansible_port=2200
[all:vars]
ansible_user=debian
[here]
control ansible_connection=local
`;

const yaml = `all:
  vars: { ansible_user: debian }
  hosts:
    mail: { ansible_host: 10.0.0.9 }
  children:
    prod:
      vars: { ansible_user: root, ansible_port: 2200 }
      children:
        web:
          hosts:
            web[01:03].example.fr: { ansible_user: deploy, ansible_ssh_pass: x }
        db:
          hosts:
            db-a: { ansible_host: 10.0.0.20, ansible_port: 2222 }
    here:
      hosts:
        control: { ansible_connection: local }
`;

const listed = {
  _meta: {
    hostvars: {
      mail: { ansible_host: '10.0.0.9', ansible_user: 'debian' },
      'web01.example.fr': { ansible_user: 'deploy', ansible_port: 2200, ansible_ssh_pass: 'x' },
      'web02.example.fr': { ansible_user: 'deploy', ansible_port: '2200' },
      'web03.example.fr': { ansible_user: 'deploy', ansible_port: 2200 },
      'db-a': { ansible_host: '10.0.0.20', ansible_user: 'root', ansible_port: 2222 },
      control: { ansible_connection: 'local' },
    },
  },
  all: { children: ['ungrouped', 'prod', 'here'] },
  ungrouped: { hosts: ['mail'] },
  prod: { children: ['web', 'db'] },
  web: { hosts: ['web01.example.fr', 'web02.example.fr', 'web03.example.fr'] },
  db: ['db-a'],
  here: { hosts: ['control'] },
};

/** The same in any order of groups. */
const sorted = (lines: readonly string[]) =>
  lines.map((line) => line.replace('prod+web', 'web+prod').replace('prod+db', 'db+prod')).sort();

test.each([
  ['INI', ini, 'inventory', 'ansible'],
  ['YAML', yaml, 'hosts.yml', 'ansible'],
  ['YAML without a telling name', yaml, 'hosts', 'ansible'],
  ['what ansible-inventory --list prints', JSON.stringify(listed, undefined, 4), '<stdin>', 'json'],
  ['the same, indented by tabs, as Ansible’s', JSON.stringify(listed, undefined, '\t'), 'hosts', 'ansible'],
] as const)('Ansible, %s', async (_, text, file, format) => {
  expect(sorted(short(await siteFrom(text, file, format)))).toEqual([
    'control  here no ssh',
    'db-a 10.0.0.20 db+prod root:2222',
    'mail 10.0.0.9  debian:22',
    'web01.example.fr web01.example.fr web+prod deploy:2200',
    'web02.example.fr web02.example.fr web+prod deploy:2200',
    'web03.example.fr web03.example.fr web+prod deploy:2200',
  ]);
  // Named, never its value.
  expect(mistakes(text, file, format)).toEqual(['note import.variables 1 ansible_ssh_pass']);
});

test.each([
  ['web[01:03]', ['web01', 'web02', 'web03']],
  ['web[8:10]', ['web8', 'web9', 'web10']],
  ['web[08:10]', ['web08', 'web09', 'web10']],
  ['[a:c]', ['a', 'b', 'c']],
  ['n[1:7:3]', ['n1', 'n4', 'n7']],
  ['r[1:2]-[a:b].x', ['r1-a.x', 'r1-b.x', 'r2-a.x', 'r2-b.x']],
  ['n[:2]', ['n0', 'n1', 'n2']],
  ['plain', ['plain']],
  ['n[3:1]', undefined],
  ['n[1:c]', undefined],
  ['n[1:2', undefined],
  ['n[1:2:0]', undefined],
  ['n[1:999999999]', undefined],
  ['[1:999][1:999]', undefined],
])('range %s', (pattern, names) => {
  expect(expandRange(pattern)).toEqual(names);
});

test.each([
  ['[web\na\n', 'x.ini', ['error import.range 1 [web']],
  ['[web:kids]\n', 'x.ini', ['error import.section 1 [web:kids]']],
  ['a "x\n', 'x.ini', ['error import.quote 1']],
  ['a secret\n', 'x.ini', ['error import.variable 1']],
  ['a\n[x:children]\ny\n[y:children]\nx\n', 'x.ini', ['error import.group.cycle 1 x']],
  ['all:\n  host:\n    a:\n', 'x.yml', ['error import.group.key 2 host all']],
  ['all:\n  hosts:\n    "a[1": {}\n', 'x.yml', ['error import.range 3 a[1']],
  [
    'all:\n  vars: &v { a: b }\nweb:\n  hosts: { a: }\n  vars: *v\n',
    'x.yml',
    ['error import.alias 5 v', 'note import.variables 1 a'],
  ],
  ['- a\n', 'x.yml', ['error import.shape 1']],
  ['', 'x.yml', ['error import.shape 1']],
])('mistake in Ansible’s: %j', (text, file, expected) => {
  expect(mistakes(text, file, 'ansible').filter((each) => !each.startsWith('error import.nothing'))).toEqual(
    expected,
  );
});

group('JSON', () => {
  test('a plain list of objects', async () => {
    const list = [
      { name: 'a', ip: '192.0.2.1', groups: ['web', 'prod'], port: 2222, comment: 'x' },
      { hostname: 'b', address: '192.0.2.2', groups: 'web', user: null, comment: 'y' },
    ];
    const text = JSON.stringify(list, undefined, 2);
    expect(short(await siteFrom(text, '<stdin>', 'json'))).toEqual([
      'a 192.0.2.1 web+prod :2222',
      'b 192.0.2.2 web :22',
    ]);
    expect(mistakes(text, '<stdin>', 'json')).toEqual(['note import.column.ignored 10 comment']);
  });

  test.each([
    ['[1]', ['error import.shape 1']],
    ['"a"', ['error import.shape 1']],
    ['[]', ['error import.nothing 1']],
    ['[\n{"name": "a"},\n{"name": "a"}]', ['error import.twice 3 a 2']],
    ['[\n{"ip": "192.0.2.1"}]', ['error import.name.missing 2']],
  ])('mistake: %j', (text, expected) => {
    expect(mistakes(text, 'x.json', 'json')).toEqual(expected);
  });

  test('what is no JSON is told with its line', () => {
    expect(mistakes('[\n{"name": "a"\n', 'x.json', 'json')[0]).toMatch(/^error import\.syntax [23] /);
  });
});

test.each([
  ['a.csv', '', 'csv'],
  ['a.YML', '', 'ansible'],
  ['a.ini', '', 'ansible'],
  ['a.json', '', 'json'],
  ['-', '{"a": []}', 'json'],
  ['hosts', '[web]\na\n', 'ansible'],
  ['hosts', 'a\nb\n', undefined],
] as const)('the format of %s', (file, text, format) => {
  expect(formatOf(file, text)).toBe(format);
});
