import type { docs as en } from '../en/docs.ts';

/** Messages des documents et de `poterne docs` : code → texte ; `{nom}` tient la place d'une valeur. */
export const docs = {
  'docs.about':
    'écrit le schéma, le plan d’adressage, la matrice des flux et qui appeler, à partir de la description',
  'docs.out': 'dossier où écrire ; il est créé s’il n’existe pas',
  'docs.lang': 'cette langue seulement : en ou fr (par défaut : les deux)',
  'docs.date':
    'une date à imprimer, telle quelle ; sans elle, les documents ne changent qu’avec la description',
  'docs.out.missing': 'rien ne dit où écrire les documents',
  'docs.out.missing.next': 'ajoutez --out DOSSIER, ou --json pour les mêmes données',
  'docs.written': 'Écrit dans {folder} : {files}',
  'docs.next': 'ouvrez {file} dans un navigateur, ou imprimez-le',
  'docs.failed': 'impossible d’écrire les documents dans {folder} ({reason})',
  'docs.failed.next': 'choisissez un autre dossier avec --out DOSSIER',

  'docs.title': 'Périmètre de {site}',
  'docs.origin':
    'Généré par Poterne à partir de {source}. À ne pas modifier : changez la description et générez de nouveau.',
  'docs.origin.dated':
    'Généré par Poterne à partir de {source}, {date}. À ne pas modifier : changez la description et générez de nouveau.',
  'docs.everyone': 'tout le monde',
  'docs.certificate.required': 'seulement avec un certificat client de « {configuration} »',
  'docs.certificate.optional': 'certificat client de « {configuration} » demandé, pas obligatoire',
  'docs.internet': 'internet (tout le monde)',

  'docs.diagram': 'Schéma',
  'docs.diagram.intro':
    'D’internet vers l’intérieur, à travers la passerelle. Ce qui n’est ni sur le schéma ni dans la matrice des flux est fermé.',
  'docs.diagram.internet': 'internet',
  'docs.diagram.nozone': 'hors des zones décrites',
  'docs.diagram.everyone': 'Tout le monde',
  'docs.diagram.visitors': 'Visiteurs',
  'docs.diagram.front': 'répartiteur de charge',
  'docs.diagram.publishes': 'PUBLIE',
  'docs.diagram.local': 'SUR LA MÊME MACHINE',
  'docs.diagram.more': '… et {count} de plus',
  'docs.legend.in': 'des visiteurs à la passerelle',
  'docs.legend.out': 'de la passerelle à un service',
  'docs.legend.local': 'sans quitter la machine',

  'docs.publications': 'Publications',
  'docs.publications.intro':
    'Tout ce qui est visible d’ailleurs, à travers {host} : https sur le port {https} ; le port {http} ne fait que rediriger.',
  'docs.publications.none': 'Rien n’est publié.',
  'docs.scenario.proxy': 'reverse proxy',
  'docs.scenario.proxy+waf': 'reverse proxy avec pare-feu applicatif',
  'docs.scenario.direct': 'direct, sans proxy',
  'docs.tls.service': 'certificat du service lui-même',
  'docs.tls.internal': 'certificat interne de Poterne',
  'docs.tls.acme': 'certificat par ACME',
  'docs.tls.files': 'certificat tiré de vos fichiers',
  'docs.healthy': 'répond {status}',
  'docs.healthy.contains': 'répond {status} avec « {contains} »',

  'docs.flows': 'Matrice des flux',
  'docs.flows.intro':
    'Toutes les connexions qui doivent être possibles, et pourquoi. Ce qui n’est pas dans ce tableau peut être refusé.',
  'docs.local': 'Sur la passerelle elle-même, sans réseau',
  'docs.assertions': 'Ce qui doit rester vrai, quoi qu’il arrive par ailleurs',

  'docs.addresses': 'Plan d’adressage',
  'docs.addresses.intro': 'Les réseaux, les machines et ce qu’elles font tourner.',
  'docs.zones': 'Zones',
  'docs.hosts': 'Machines',
  'docs.role.gateway': 'passerelle',
  'docs.role.router': 'routeur',
  'docs.role.vantage': 'point d’observation',

  'docs.services': 'Services',
  'docs.services.intro': 'Ce qui écoute à l’intérieur, publié ou non.',

  'docs.contacts': 'Qui appeler',
  'docs.contacts.intro': 'Qui répond de quoi.',
  'docs.contacts.orphans': 'Personne n’est nommé pour : {services}.',

  'docs.column.publication': 'Publication',
  'docs.column.publications': 'Publications',
  'docs.column.audience': 'Ouvert à',
  'docs.column.scenario': 'Comment',
  'docs.column.service': 'Service',
  'docs.column.services': 'Services',
  'docs.column.owner': 'Responsable',
  'docs.column.healthy': 'Fonctionne quand',
  'docs.column.from': 'De',
  'docs.column.to': 'Vers',
  'docs.column.protocol': 'Protocole',
  'docs.column.port': 'Port',
  'docs.column.ports': 'Ports',
  'docs.column.why': 'Pourquoi',
  'docs.column.address': 'Adresse',
  'docs.column.host': 'Machine',
  'docs.column.hosts': 'Machines',
  'docs.column.assertion': 'Assertion',
  'docs.column.zone': 'Zone',
  'docs.column.networks': 'Réseaux',
  'docs.column.roles': 'Rôles et groupes',
  'docs.column.listens': 'Écoute sur',
  'docs.column.published': 'Publié sous',
  'docs.column.mail': 'Courriel',
} as const satisfies Record<keyof typeof en, string>;
