/** Public keys whose private halves nobody has. */
export const keys = {
  authority: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINEAgC5sSJIDGe4HzQEnjuuWVXuEkpzxhd9fakuyxTSu',
  hosts: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGyHgiUSiMSeNKYyc/K+4tQg/Br3tsNMR8eB1qpbJQQi',
  alice: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINTwXGSxK/G2wO6vXiWVXl8bxraQLjA+zSrnOSKkQBcZ',
} as const;

const ground = (bastion: string) => `site: masociete
language: fr
timezone: Europe/Paris
admin: { from: [lan] }
zones: { lan: { networks: [10.0.0.0/24, "fd00::/64"] } }
hosts:
  passerelle: { address: 10.0.0.1, roles: [gateway], ssh: { user: debian } }
  prod1: { address: [10.0.0.11, "fd00::11"], groups: [prod], ssh: { user: debian, via: passerelle } }
  prod2: { address: 10.0.0.12, groups: [prod], ssh: { user: debian, port: 2222, via: passerelle }, ssh-server: { confirm: 30s } }
  ancien: { address: 10.0.0.13, ssh: { user: root, via: passerelle }, ssh-server: false }
people:
  alice: { name: "Alice: « Martin »", keys: ["${keys.alice} alice"], groups: [ops] }
  bob: { until: 2026-12-31 }
access:
  - { groups: [ops], to: group:prod, as: [User_DollarU, debian] }
  - { people: [bob], to: prod1, as: [User_DollarU], allow: [files] }
bastion:
  authority: ${keys.authority}
  host-authority: ${keys.hosts}
  ${bastion}
`;

/** Descriptions for the golden files, by name. */
export const situations: Readonly<Record<string, string>> = {
  certificates: ground('static-keys: off'),
  keys: ground('break-glass: { people: [bob], as: [root] }'),
};
