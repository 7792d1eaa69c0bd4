import type { plan as en } from '../en/plan.ts';

/** Messages de `plan` : code → texte ; `{nom}` tient la place d'une valeur. */
export const plan = {
  'change.publication.add': 'publier {name} : {routes} (pour {who})',
  'change.publication.add.certificate':
    'publier {name} : {routes} (pour {who} avec un certificat client de « {configuration} »)',
  'change.publication.remove': 'ne plus publier {name}',
  'change.publication.refuse':
    'refuser tout le monde à {name} (503) : ce qu’il lui faut manque, ou n’est pas ce qui a été choisi',
  'change.publication.restore': 'servir de nouveau {name} comme décrit, ce que le moteur a refusé',
  'change.rule.add': 'audience de {name} : {rule}',
  'change.rule.remove': 'n’est plus dans l’audience de {name} : {rule}',
  'change.route.add': '{name} : ouvrir {path} vers {service}',
  'change.route.remove': '{name} : fermer {path}',
  'change.setting': '{name} : {setting} : {from} → {to}',
  'change.limit.address.requests': '{name} : une adresse peut demander {to} (jusqu’ici {from})',
  'change.limit.address.requests.new': '{name} : une adresse peut demander {to} (jusqu’ici sans limite)',
  'change.limit.address.requests.end': '{name} : une adresse peut demander sans limite (jusqu’ici {from})',
  'change.limit.address.connections':
    '{name} : une adresse peut avoir {to} {to|requête|requêtes} en cours (jusqu’ici {from})',
  'change.limit.address.connections.new':
    '{name} : une adresse peut avoir {to} {to|requête|requêtes} en cours (jusqu’ici sans limite)',
  'change.limit.address.connections.end':
    '{name} : une adresse peut avoir autant de requêtes en cours qu’elle veut (jusqu’ici {from})',
  'change.limit.session.requests': '{name} : une session peut demander {to} (jusqu’ici {from})',
  'change.limit.session.requests.new': '{name} : une session peut demander {to} (jusqu’ici sans limite)',
  'change.limit.session.requests.end': '{name} : une session peut demander sans limite (jusqu’ici {from})',
  'change.limit.session.connections':
    '{name} : une session peut avoir {to} {to|requête|requêtes} en cours (jusqu’ici {from})',
  'change.limit.session.connections.new':
    '{name} : une session peut avoir {to} {to|requête|requêtes} en cours (jusqu’ici sans limite)',
  'change.limit.session.connections.end':
    '{name} : une session peut avoir autant de requêtes en cours qu’elle veut (jusqu’ici {from})',
  'change.limit.token.requests': '{name} : un jeton peut demander {to} (jusqu’ici {from})',
  'change.limit.token.requests.new': '{name} : un jeton peut demander {to} (jusqu’ici sans limite)',
  'change.limit.token.requests.end': '{name} : un jeton peut demander sans limite (jusqu’ici {from})',
  'change.limit.token.connections':
    '{name} : un jeton peut avoir {to} {to|requête|requêtes} en cours (jusqu’ici {from})',
  'change.limit.token.connections.new':
    '{name} : un jeton peut avoir {to} {to|requête|requêtes} en cours (jusqu’ici sans limite)',
  'change.limit.token.connections.end':
    '{name} : un jeton peut avoir autant de requêtes en cours qu’il veut (jusqu’ici {from})',
  'change.limit.all.requests':
    '{name} : tous les visiteurs ensemble peuvent demander {to} (jusqu’ici {from})',
  'change.limit.all.requests.new':
    '{name} : tous les visiteurs ensemble peuvent demander {to} (jusqu’ici sans limite)',
  'change.limit.all.requests.end':
    '{name} : tous les visiteurs ensemble peuvent demander sans limite (jusqu’ici {from})',
  'change.limit.all.connections':
    '{name} : tous les visiteurs ensemble peuvent avoir {to} {to|requête|requêtes} en cours (jusqu’ici {from})',
  'change.limit.all.connections.new':
    '{name} : tous les visiteurs ensemble peuvent avoir {to} {to|requête|requêtes} en cours (jusqu’ici sans limite)',
  'change.limit.all.connections.end':
    '{name} : tous les visiteurs ensemble peuvent avoir autant de requêtes en cours qu’ils veulent (jusqu’ici {from})',
  'change.limit.gateway.connections':
    'passerelle : une adresse peut avoir {to} {to|requête|requêtes} en cours sur toutes les publications (jusqu’ici {from})',
  'change.limit.gateway.connections.new':
    'passerelle : une adresse peut avoir {to} {to|requête|requêtes} en cours sur toutes les publications (jusqu’ici sans limite)',
  'change.limit.gateway.connections.end':
    'passerelle : une adresse peut avoir autant de requêtes en cours qu’elle veut sur toutes les publications (jusqu’ici {from})',
  'change.limit.upload': '{name} : une connexion envoie à {to} (jusqu’ici {from})',
  'change.limit.upload.new': '{name} : une connexion envoie à {to} (jusqu’ici sans limite)',
  'change.limit.upload.end': '{name} : une connexion envoie aussi vite que possible (jusqu’ici {from})',
  'change.limit.download': '{name} : une réponse arrive à {to} (jusqu’ici {from})',
  'change.limit.download.new': '{name} : une réponse arrive à {to} (jusqu’ici sans limite)',
  'change.limit.download.end': '{name} : une réponse arrive aussi vite que possible (jusqu’ici {from})',
  'change.waf.exclusion': '{name} : la règle {rule} du pare-feu est éteinte sous {path} : {why}',
  'change.waf.exclusion.target':
    '{name} : la règle {rule} du pare-feu ne lit pas {target} sous {path} : {why}',
  'change.waf.exclusion.remove': '{name} : la règle {rule} du pare-feu est rallumée sous {path}',
  'change.waf.exclusion.target.remove':
    '{name} : la règle {rule} du pare-feu lit de nouveau {target} sous {path}',
  'change.bans.ssh':
    'bannissements : {failures} connexions SSH échouées en {within} bannissent leur adresse pour {lasts}, au plus {longest}',
  'change.bans.ssh.remove': 'bannissements : plus personne n’est banni pour des connexions SSH échouées',
  'change.bans.portal':
    'bannissements : {failures} connexions échouées au portail en {within} bannissent leur adresse pour {lasts}, au plus {longest}',
  'change.bans.portal.remove':
    'bannissements : plus personne n’est banni pour des connexions échouées au portail',
  'change.bans.waf':
    'bannissements : {failures} requêtes bloquées par le pare-feu en {within} bannissent leur adresse pour {lasts}, au plus {longest}',
  'change.bans.waf.remove':
    'bannissements : plus personne n’est banni pour des requêtes bloquées par le pare-feu',
  'change.bans.floods':
    'bannissements : {failures} requêtes de trop (429) en {within} bannissent leur adresse pour {lasts}, au plus {longest}',
  'change.bans.floods.remove': 'bannissements : plus personne n’est banni pour des requêtes de trop (429)',
  'change.bans.scans':
    'bannissements : {failures} requêtes pour des noms que personne n’a publiés en {within} bannissent leur adresse pour {lasts}, au plus {longest}',
  'change.bans.scans.remove':
    'bannissements : plus personne n’est banni pour des requêtes pour des noms que personne n’a publiés',
  'change.bans.threshold':
    'bannissements : {kind} (failures, within, for, longest) : {to} (jusqu’ici {from})',
  'change.bans.never': 'bannissements : {who} n’est jamais banni',
  'change.bans.never.remove': 'bannissements : {who} peut être banni',
  'change.bans.contact': 'bannissements : aux bannis, il est dit de s’adresser à {to} (jusqu’ici {from})',
  'change.rewritten':
    'réécrire {count} {count|fichier généré|fichiers générés}, la description étant la même (nouvelles adresses ou nouvelle version) : {paths}',
  // Pourquoi un flux est ouvert.
  'flow.guarded': '{name} est ouvert à ceux que les règles de son audience laissent entrer',
  'flow.mail': 'les courriels partent par là',
  'flow.directory': 'personnes de l’annuaire {name}',
  'flow.everyone': '{name} est ouvert à tout le monde',
  'flow.audience': '{name} est ouvert à {who}',
  'flow.everyone.certificate': '{name} est ouvert à tous ceux qui ont un certificat de « {configuration} »',
  'flow.audience.certificate': '{name} est ouvert à {who}, avec un certificat de « {configuration} »',
  'flow.redirect': '{name} : le http simple est renvoyé vers https',
  'flow.front': '{front} est un répartiteur auquel la passerelle se fie',
  'flow.upstream': '{name} est servi par {service}',
  'flow.needs': '{service} a besoin de {needed}',
  'flow.grant': '{why}',
  'flow.admin': '{host} est administré depuis {who}',
  'flow.bastion': 'on entre sur {host} par le bastion',
  'flow.admin.via': '{host} est administré à travers {via}',
  'flow.forward.gateway': 'l’adresse publique mène à la passerelle {host}',
  'flow.forward.service': '{name} mène directement à {service}',

  // Ce que le réseau promet à qui se tient quelque part.
  'promise.scan': 'Depuis {vantage}, {host} n’accepte de connexions sur aucun autre port que {ports}.',
  'promise.scan.none': 'Depuis {vantage}, {host} n’accepte aucune connexion.',
  'promise.shut.service':
    'Depuis {vantage}, personne n’atteint {service} même, sur le port {port} de {host}.',
  'promise.shut.ssh': 'Depuis {vantage}, personne n’atteint le serveur SSH de {host}.',
  'promise.connects.upstream': 'Depuis {vantage}, {service} répond sur le port {port} de {host}.',
  'promise.connects.needs':
    'Depuis {vantage}, {needed} répond sur le port {port} de {host}, ce dont {service} a besoin.',
  'promise.connects.admin': 'Depuis {vantage}, le serveur SSH de {host} répond sur le port {port}.',
  'promise.assertion': 'Comme vous l’affirmez, depuis {vantage} : {rule}',
  'promise.dns': 'Demandé depuis {vantage}, {name} se trouve à {addresses}.',

  // Les assertions de l'utilisateur.
  'assertion.broken': 'la description ne respecte pas ceci : {rule}',
  'assertion.undecided': 'la description ne permet pas de dire si ceci est respecté : {rule}',
  'assertion.undecided.hint':
    '{from} atteint {to} sur le port {port} : décrivez {unknown} comme un hôte, avec son adresse et sa zone',
  'assertion.flow.everyone':
    '{from} atteint {to} sur le port {port}, parce que {name} est ouvert à tout le monde',
  'assertion.flow.everyone.certificate':
    '{from} atteint {to} sur le port {port}, parce que {name} est ouvert à tous ceux qui ont un certificat de « {configuration} »',
  'assertion.flow.audience.certificate':
    '{from} atteint {to} sur le port {port}, parce que {name} est ouvert à {who}, avec un certificat de « {configuration} »',
  'assertion.flow.guarded':
    '{from} atteint {to} sur le port {port}, parce que {name} y est ouvert, selon les règles de son audience',
  'assertion.flow.audience': '{from} atteint {to} sur le port {port}, parce que {name} est ouvert à {who}',
  'assertion.flow.redirect':
    '{from} atteint {to} sur le port {port}, parce que {name} renvoie le http simple vers https',
  'assertion.flow.front':
    '{from} atteint {to} sur le port {port}, parce que {front} est un répartiteur auquel la passerelle se fie',
  'assertion.flow.upstream':
    '{from} atteint {to} sur le port {port}, parce que {name} est servi par {service}',
  'assertion.flow.needs': '{from} atteint {to} sur le port {port}, parce que {service} a besoin de {needed}',
  'assertion.flow.grant':
    '{from} atteint {to} sur le port {port}, à cause d’un flux que la description accorde : {why}',
  'assertion.flow.admin':
    '{from} atteint {to} sur le port {port}, parce que {host} est administré depuis {who}',
  'assertion.flow.admin.via':
    '{from} atteint {to} sur le port {port}, parce que {host} est administré à travers {via}',
  'assertion.flow.none': 'rien dans la description n’ouvre de chemin vers {to}',
  'assertion.flow.others': 'les chemins vers {to} ne sont ouverts qu’à : {known}',
} as const satisfies Record<keyof typeof en, string>;
