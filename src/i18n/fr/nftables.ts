import type { nftables as en } from '../en/nftables.ts';

/** Messages du moteur nftables : code → texte ; `{nom}` tient la place d'une valeur. */
export const nftables = {
  'firewall.interface':
    '« {value} » n’est ni le nom d’une interface réseau, ni le début d’un nom suivi d’une étoile (docker0, br-*)',
  'firewall.address.unknown':
    'la description ne dit pas les adresses de {name} : aucun pare-feu ne peut laisser passer ce qui est demandé ici',
  'firewall.address.unknown.hint':
    'décrivez-le comme un hôte, par exemple hosts: { …: { address: 10.0.0.15 } }, et nommez cet hôte ici',
  'firewall.mute':
    'rien ne permet à l’hôte « {name} » d’interroger un serveur de noms, et son pare-feu ne laisse rien sortir que rien ne demande',
  'firewall.mute.hint':
    'dites ce dont il a besoin, par exemple flows: [{ from: {name}, to: 10.0.0.53, protocol: udp, ports: [53], why: noms }], ou laissez sortir sa zone avec outgoing: free',
  'firewall.more': '{reason}, et {count} {count|autre|autres}',
} as const satisfies Record<keyof typeof en, string>;
