import type { archive as en } from '../en/archive.ts';

/** Messages des archives d'exécutions : code → texte ; `{nom}` tient la place d'une valeur. */
export const archive: Record<keyof typeof en, string> = {
  'run.is.unknown': 'inconnu',
  'archive.title': '{script} sur {site}',
  'archive.origin': 'Exécution {run}, archivée par Poterne',
  'archive.machines': 'Machines',
  'archive.request': 'Ce qui était demandé',
  'archive.seal': 'Comment la vérifier',
  'archive.seal.how':
    'La liste des empreintes est signée. La première commande vérifie tout ; la seconde, avec coreutils seul, vérifie les fichiers une fois extraits.',
  'archive.seal.key': 'Signée par la clé',
  'archive.counts': '{ok} machine(s) sur {hosts} réussie(s).',
  'archive.counts.failed': '{failed} en échec.',
  'archive.counts.unfinished': '{unfinished} sans résultat.',
  'archive.interrupted': 'L’exécution a été interrompue.',
  'archive.stopped.share': 'L’exécution s’est arrêtée d’elle-même : trop d’échecs.',
  'archive.stopped.signal': 'L’exécution a été arrêtée à la main.',
  'archive.unknown': 'le script y a commencé, et sa fin n’a pas été notée',
  'archive.changed': 'écrit pendant sa lecture',
  'archive.begun': 'Début',
  'archive.skipped': 'Non rapportés',
  'archive.stdin': 'fournie, et gardée nulle part',
  'archive.row.script': 'Script',
  'archive.row.arguments': 'Arguments',
  'archive.row.on': 'Machines demandées',
  'archive.row.as': 'Compte',
  'archive.row.stdin': 'Entrée standard',
  'archive.row.collect': 'Fichiers demandés',
  'archive.row.begun': 'Début',
  'archive.row.ended': 'Fin',
  'archive.row.resumed': 'Reprise',
  'archive.row.of': 'Machines en échec de',

  // Fautes.
  'archive.key.broken': 'la clé qui scelle les archives, {file}, n’est pas une clé Ed25519',
  'archive.key.broken.next':
    'remettez-la d’après une sauvegarde ; la supprimer en crée une autre, qu’il faut faire connaître',
  'archive.changing': '{file} a changé pendant l’archivage',
  'archive.changing.next': 'attendez que plus rien n’y écrive, et archivez de nouveau l’exécution',
  'archive.unwritten': 'l’archive {file} ne peut pas être écrite : {reason}',
  'archive.unwritten.next':
    'faites-y de la place ou choisissez un autre endroit ; les résultats de l’exécution sont gardés',

  // Un courriel.
  'archive.letter.subject': '[{site}] {script} : {ok} sur {hosts} réussies ({run})',
  'archive.letter.failed': 'Machines sans bon résultat :',
  'archive.letter.more': '… et {count} autres ; l’archive les a toutes',
  'archive.letter.run': 'Exécution : {run}',
  'archive.letter.times': 'Du {begun} au {ended}',
  'archive.letter.sum': 'SHA-256 de l’archive : {sha256}',
  'archive.letter.key': 'Signée par la clé : {fingerprint}',
  'archive.letter.verify': 'Vérifiez-la par : poterne run verify {name} --key {fingerprint}',
  'archive.letter.link':
    'L’archive ({size}) est trop grande pour un courriel. Jusqu’au {until}, elle est à :',
  'archive.letter.there':
    'L’archive ({size}) est trop grande pour un courriel. Elle est sur {machine}, lisible par {account} :',
  'archive.letter.get': 'Prenez-la par : scp {account}@{machine}:{file} .',
};
