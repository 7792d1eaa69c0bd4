import type { cut as en } from '../en/cut.ts';

export const cut: Record<keyof typeof en, string> = {
  'cut.connections.denied':
    '{count} {count|connexion en cours n’a pas pu être coupée|connexions en cours n’ont pas pu être coupées} : le noyau refuse ({reason}). Les nouvelles requêtes sont refusées.',
  'cut.connections.denied.next':
    'lancez la commande en root ; si c’est le service qui n’a pas pu, voyez si /proc/sys/kernel/yama/ptrace_scope vaut 0',
  'cut.record':
    'La coupure tient, mais n’a pas pu être notée ({reason}) : à l’arrêt du service, elle sera oubliée.',
  'cut.record.next':
    'faites de la place sur le disque du dossier d’état : le service la note dans la seconde',
  'cut.about':
    'couper une publication, une personne ou une adresse : aussitôt, connexions en cours comprises',
  'cut.usage': '[quoi] [options]',
  'cut.what': 'NOM (une publication), user:ID, address:ADRESSE (ou un réseau), ou all',
  'cut.what.missing': 'que faut-il couper ?',
  'cut.what.next': 'poterne cut NOM | user:ID | address:ADRESSE | all --reason TEXTE',
  'cut.reason': 'pourquoi : gardé dans le journal d’audit, et montré aux visiteurs avec --say',
  'cut.reason.missing': 'pourquoi ? Il faut une raison.',
  'cut.reason.next': 'ajoutez --reason et quelques mots, pour ceux qui demanderont demain',
  'cut.say': 'dire la raison aux visiteurs',
  'cut.for': 'rétablir tout seul après cette durée : 30m, 12h, 2d',
  'cut.for.form': '« {value} » n’est pas une durée : écrivez 30m, 12h ou 2d',
  'cut.until': 'rétablir tout seul à ce moment : 2026-12-01 08:00',
  'cut.until.form': '« {value} » n’est pas un moment à venir : écrivez 2026-12-01 08:00',
  'cut.list': 'montrer ce qui est coupé maintenant ; avec --site, aussi ce qu’un routeur a coupé',
  'cut.list.open': '(pas refusé en ce moment)',
  'cut.list.unknown': 'Ce que {host} a coupé n’est pas connu :',
  'cut.gateway': '{host} n’a pas dit ce qui y est coupé : {reason}',
  'cut.gateway.next': 'poterne apply apporte à {host} le Poterne de cette machine',
  'cut.none': 'Rien n’est coupé.',
  'cut.unknown': 'rien n’est publié ici sous le nom « {name} » ; il y a : {known}',
  'cut.user': 'user: qui ? Un identifiant, comme user:alice ou user:carol@ad',
  'cut.address': '« {value} » n’est ni une adresse ni un réseau',
  'cut.address.wide':
    '{network} est trop large pour être coupé aussitôt : les réseaux IPv4 à partir de /12 et IPv6 de /52 à /64 peuvent l’être, et les adresses seules',
  'cut.forwarded':
    '{name} passe par le pare-feu de {host} : de là où vous lancez apply, poterne cut {name} --site site.yaml --reason …',
  'cut.forwarded.elsewhere':
    'le pare-feu de {host} laisse toujours passer le port {ports} : de là où vous lancez apply, poterne cut NOM --site site.yaml --reason …',
  'cut.forwarded.open':
    'le pare-feu laisse toujours passer le port {ports} : ce n’est pas celui de Poterne, ou poterne-wall.service ne l’a pas fait',
  'cut.receipt.ports': 'Le pare-feu refuse maintenant le port {ports}, aussi à ceux qui sont connectés.',
  'cut.site':
    'une publication directe que le pare-feu d’une autre machine fait passer, par SSH : la description avec laquelle on lance apply',
  'cut.site.gateway': 'la passerelle coupe elle-même {what}',
  'cut.site.gateway.next': 'lancez la commande là-bas, sans --site',
  'cut.router.done':
    '{what} est coupé : le pare-feu de {host} refuse le port {ports} {milliseconds} ms après votre demande, aussi à ceux qui sont connectés.',
  'cut.router.restored': '{what} est rétabli : le pare-feu de {host} fait de nouveau passer le port {ports}.',
  'cut.router.firewall': 'le pare-feu de {host} ne l’a pas fait : {reason}',
  'cut.router.firewall.next':
    'il doit être celui de Poterne, et apply doit avoir été lancé depuis cette version : poterne apply',
  'cut.column.what': 'coupé',
  'cut.column.where': 'où',
  'cut.column.at': 'depuis',
  'cut.column.by': 'par',
  'cut.column.until': 'jusqu’à',
  'cut.column.reason': 'raison',
  'cut.receipt': '{what} est coupé : les nouvelles requêtes sont refusées {refused} ms après votre demande.',
  'cut.receipt.again': '{what} était déjà coupé et le reste : revu en {refused} ms.',
  'cut.receipt.ended':
    '{count} {count|connexion en cours a été coupée|connexions en cours ont été coupées}, la dernière après {finished} ms.',
  'cut.receipt.publications': 'par publication',
  'cut.receipt.people': 'par personne',
  'cut.receipt.addresses': 'par adresse',
  'cut.receipt.more': 'et {count} de plus',
  'cut.receipt.sessions':
    '{count} {count|session a été terminée|sessions ont été terminées} ; cette personne ne peut plus se connecter.',
  'cut.receipt.until': 'Rétabli tout seul le {until}.',
  'cut.receipt.trouble': 'Pas fait : {text}',
  'cut.receipt.restore': 'Pour revenir en arrière : {command}',
  'restore.about': 'défaire ce que cut a fait : laisser entrer de nouveau comme décrit',
  'restore.usage': '<quoi> [options]',
  'restore.reason': 'pourquoi, pour le journal d’audit',
  'restore.done': '{what} est rétabli. C’était coupé depuis le {at}. Les sessions terminées le restent.',
  'restore.none': '{what} n’est pas coupé',
  'restore.none.next': 'poterne cut --list montre ce qui l’est',
  'daemon.trouble': 'la passerelle n’a pas pu : {reason}',
  'cut.ended': '{what} n’est plus coupé : l’heure est venue.',
  'cut.followed': 'Une autre passerelle a coupé {what} (par {by}) ; celle-ci aussi.',
  'cut.followed.restored': 'Une autre passerelle a rétabli {what} ; celle-ci aussi.',
};
