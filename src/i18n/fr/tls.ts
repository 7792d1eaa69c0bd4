import type { tls as en } from '../en/tls.ts';

/** Messages des configurations TLS des publications : code → texte ; `{nom}` tient la place d'une valeur. */
export const tls: Readonly<Record<keyof typeof en, string>> = {
  'value.header': '« {value} » n’est pas un nom d’en-tête : écrivez des lettres, des chiffres et des tirets',
  'value.url.http': '« {value} » n’est pas une URL http:// simple, sans paramètres',
  'tls-configuration.key.unknown': 'clé inconnue « {key} » dans la configuration TLS « {name} »',
  'tls-configuration.key.missing': 'il manque la clé « {key} » à la configuration TLS « {name} »',
  'tls-configuration.unknown': 'il n’y a pas de configuration TLS « {name} »',
  'tls-configuration.unused': 'rien n’utilise la configuration TLS « {name} »',
  'tls-configuration.empty': 'la configuration TLS « {name} » ne dit rien',
  'tls-configuration.empty.hint':
    'pour une publication, écrivez client-certificate et authorities ; pour un partenaire, certificate et key',
  'tls-configuration.mixed':
    'la configuration TLS « {name} » demande des certificats (« {server} ») et en présente un (« {client} »)',
  'tls-configuration.mixed.hint':
    'écrivez deux configurations : l’une pour les publications, l’autre pour les partenaires',
  'tls-configuration.client':
    'la configuration TLS « {name} » sert aux partenaires : elle ne demande aucun certificat aux clients',
  'tls-configuration.client.hint': 'nommez-en une qui a client-certificate et authorities',
  'tls-configuration.direct':
    'la publication « {name} » est directe : le service ouvre TLS lui-même, et lui seul peut demander des certificats',
  'tls-configuration.several':
    'la publication « {name} » a deux configurations TLS : quand le certificat est demandé, aucun chemin n’est encore connu',
  'tls-configuration.twice': 'la publication entière a déjà la configuration TLS « {name} »',
};
