import { type ImportedHost, type ImportedSsh, portOf } from './imported.ts';

/** What people call the columns of a list of machines, in lower case without accents. */
const synonyms = {
  name: ['name', 'host', 'hostname', 'server', 'nom', 'hote', 'serveur', 'machine'],
  address: ['address', 'addresses', 'ip', 'ipaddress', 'adresse', 'adresses', 'adresseip'],
  zone: ['zone'],
  roles: ['roles', 'role'],
  groups: ['groups', 'group', 'groupes', 'groupe', 'tags', 'tag'],
  user: ['user', 'username', 'login', 'account', 'utilisateur', 'compte'],
  port: ['port', 'sshport', 'portssh'],
  via: ['via', 'jump', 'proxyjump', 'bastion', 'rebond'],
  'host-key': ['hostkey', 'sshhostkey', 'cledhote'],
} as const;

export type Column = keyof typeof synonyms;

/** The column that a heading stands for; `undefined` when it is none of ours. */
export function columnOf(heading: string): Column | undefined {
  const plain = heading
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  return (Object.keys(synonyms) as Column[]).find((column) =>
    synonyms[column].some((word) => word === plain),
  );
}

/** The texts of a cell that holds several: separated by spaces, commas, semicolons or bars. */
function several(cell: string | undefined): readonly string[] {
  return (cell ?? '').split(/[\s,;|]+/).filter((part) => part !== '');
}

/** A host from the cells of its row. */
export function hostOfCells(cells: Partial<Record<Column, string>>, line: number): ImportedHost {
  const { user, port, via, 'host-key': hostKey } = cells;
  const ssh: ImportedSsh = {
    ...(user ? { user } : {}),
    ...(port && port !== '22' ? { port: portOf(port) } : {}),
    ...(via ? { via } : {}),
    ...(hostKey ? { 'host-key': hostKey } : {}),
  };
  return {
    name: cells.name ?? '',
    line,
    addresses: several(cells.address),
    ...(cells.zone ? { zone: cells.zone } : {}),
    roles: several(cells.roles),
    groups: [...new Set(several(cells.groups))],
    ssh,
  };
}
