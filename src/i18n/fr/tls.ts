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
  'tls-configuration.lists':
    'la configuration TLS « {name} » accepte l’autorité propre à Poterne, qui a une liste de révocation, et d’autres sans liste',
  'tls-configuration.lists.hint':
    'nommez sous crl les listes de révocation des autres : nginx en veut une de chacune',
  'tls-configuration.header.reserved': 'l’en-tête « {header} » appartient à la passerelle ou à HTTP même',
  'tls-configuration.header.twice': 'l’en-tête « {header} » dirait deux choses',
  'tls-configuration.bypass':
    'le service « {service} » croit ce que la passerelle dit des certificats, et la publication « {name} » y mène directement : là, les visiteurs lui disent ce qu’ils veulent',

  // Les fichiers qui disent de qui les certificats sont acceptés.
  'trust.unreadable': '{file} ne peut pas être lu ({reason})',
  'trust.empty': '{file} ne contient aucun certificat',
  'trust.broken': '{file} contient un certificat abîmé ({reason})',
  'trust.leaf': '« {name} » dans {file} n’est pas une autorité : il ne peut signer aucun certificat',
  'trust.leaf.hint': 'nommez le certificat de l’autorité qui l’a signé',
  'trust.root.missing':
    '« {name} » dans {file} a été signé par « {issuer} », dont le certificat manque : aucune chaîne n’aboutirait, et personne n’entrerait',
  'trust.expired': '« {name} » dans {file} a expiré le {until} UTC : aucun certificat de lui n’entre',
  'trust.crl.empty': '{file} ne contient aucune liste de révocation',
  'trust.crl.broken': '{file} contient une liste de révocation abîmée ({reason})',
  'trust.crl.missing': 'aucune liste de révocation de « {name} » ({file}) n’est nommée',
  'trust.crl.missing.hint':
    'ajoutez à crl la liste de « {name} » : nginx refuse tout certificat dont la chaîne en manque une',
  'trust.crl.expired':
    'la liste de révocation dans {file} a pris fin le {until} UTC : jusqu’à la suivante, personne n’entre',
  'trust.crl.soon':
    'la liste de révocation dans {file} prend fin le {until} UTC, et personne n’entre ensuite',

  'promise.client.none': '{url} est fermé à qui ne présente pas de certificat client.',
  'promise.client.impostor':
    '{url} est fermé à un certificat d’une autorité qui ne fait que se nommer comme celle de « {configuration} ».',
  'promise.client.expired': '{url} est fermé à un certificat client expiré.',
  'promise.client.revoked': '{url} est fermé à un certificat client révoqué.',
  'promise.client.right': '{url} est ouvert à un bon certificat client de « {configuration} ».',
  'seen.client.handshake': 'refusé pendant la négociation TLS ({reason})',
  'seen.client.refused': 'refusé avec {status} par la passerelle elle-même',
  'seen.client.accepted': 'admis (statut {status})',
  'seen.client.let-in': 'la réponse est {status}, et non le refus de la passerelle',
  'advice.client.let-in':
    'Coupez la publication (ôtez-la de la description et appliquez) jusqu’à savoir pourquoi : quelqu’un est peut-être entré.',
  'seen.client.shut-out': 'le bon certificat de « {configuration} » est refusé',
  'advice.client.shut-out':
    'Sa liste de révocation a-t-elle pris fin, ou le certificat lui-même ? « poterne check » dit ce qui ne va pas dans les fichiers.',
  'seen.certificate.usage':
    'il n’est pas fait pour un serveur : son usage étendu ne comprend pas l’authentification de serveur TLS',
  'advice.certificate.usage': 'Faites-le émettre pour un serveur (serverAuth).',
  'seen.revocation.refused': 'il dit que {url} sait s’il est révoqué, et rien n’écoute là',
  'advice.revocation.refused':
    'Ce qui publie la liste tourne-t-il ? Des clients refusent ce dont ils ne peuvent s’enquérir.',
  'seen.revocation.wrong':
    'il dit que {url} sait s’il est révoqué ; ce qui en revient n’est pas une liste ({seen})',
  'advice.revocation.wrong': 'Publiez-y la liste, ou faites émettre le certificat avec le bon emplacement.',
  'seen.client.none': 'il n’y a pas ici de certificat de « {configuration} » pour l’essayer',
  'advice.client.none':
    'Prouvez-le sur la passerelle, après « poterne apply », ou nommez un certificat et sa clé sous `probe`.',
  'client-proof.none':
    'Pas essayé pour {name} : un bon certificat, un expiré et un révoqué de l’autorité de « {configuration} ». Elle seule peut en faire.',
  'client-proof.right': 'Pas essayé pour {name} : un bon certificat pour « {configuration} ».',
  'client-proof.expired':
    'Pas essayé pour {name} : un certificat expiré de l’autorité de « {configuration} ». Elle seule en a un.',
  'client-proof.revoked':
    'Pas essayé pour {name} : un certificat révoqué de l’autorité de « {configuration} ». Elle seule peut en révoquer un.',
  'client-proof.unrevocable':
    'Pas promis pour {name} : qu’un certificat révoqué est refusé. « {configuration} » n’a ni crl ni ocsp.',
  'client-proof.hint': 'nommez-les sous probe : certificate et key ; expired et revoked, avec les leurs',
  'client-proof.unrevocable.hint': 'écrivez crl : la liste de l’autorité',
  'client-proof.file.unreadable':
    'illisible d’ici ({reason}), les preuves ne peuvent donc pas le présenter : {file}',
  'client-proof.file.form': 'le certificat pour les preuves ({kind}) n’est pas un certificat en PEM',
  'client-proof.file.key': 'la clé pour les preuves ({kind}) n’est pas celle du certificat, ou est illisible',
  'client-proof.file.authority':
    'le certificat pour les preuves ({kind}) n’est d’aucune des autorités : son refus ne prouverait rien',
  'client-proof.file.dates': 'le certificat pour les preuves ({kind}) n’est pas valable maintenant',
  'client-proof.file.ended': 'le certificat pour les preuves ({kind}) n’a pas expiré',
  'client-proof.file.unlisted':
    'le certificat pour les preuves ({kind}) n’est sur aucune des listes de révocation',
};
