import type { jobs as en } from '../en/jobs.ts';

/** Messages des calendriers, des travaux et de la base partagée : code → texte ; `{nom}` tient la place d'une valeur. */
export const jobs: Record<keyof typeof en, string> = {
  'calendar.except': '« {value} » n’est ni un jour, ni une liste de jours fériés, ni un fichier',
  'calendar.key.missing': 'le calendrier « {name} » n’a pas de « {key} »',
  'calendar.key.unknown': 'clé inconnue « {key} » dans le calendrier « {name} »',
  'calendar.line': '{file}, ligne {line} : « {text} » ne nomme aucun jour',
  'calendar.line.hint':
    'un jour par ligne, comme 2026-12-24, 2026-08-03..2026-08-14 ou 12-24 ; dans un fichier .ics, seule la règle FREQ=YEARLY',
  'calendar.unknown': 'il n’y a pas de calendrier « {name} »',
  'job.by-hand':
    'le travail « {name} » n’a pas d’horaire et ne suit aucun autre : il ne s’exécute que par « poterne job run {name} »',
  'job.calendar.never': 'le travail « {name} » ne tombe jamais un jour ouvert de son calendrier',
  'job.calendar.unscheduled':
    'le travail « {name} » a un calendrier, mais pas d’horaire auquel il s’appliquerait',
  'job.circle': 'des travaux qui s’attendent les uns les autres ne démarrent jamais : {path}',
  'job.file': '{file} est illisible : {reason}',
  'job.guarded': 'le travail « {name} » peut s’exécuter sur des groupes à confirmer : {groups}',
  'job.guarded.hint': 'écrivez « confirm: yes » dans le travail une fois que vous en êtes sûr',
  'job.key.missing': 'le travail « {name} » n’a pas de « {key} »',
  'job.key.unknown': 'clé inconnue « {key} » dans le travail « {name} »',
  'job.mail.missing': 'le travail « {name} » a des courriels à envoyer, et rien ne dit par quel serveur',
  'job.mail.missing.hint': 'décrivez-le sous « mail »',
  'job.never': 'le travail « {name} » ne tombe jamais',
  'job.schedule.both': 'le travail « {name} » a à la fois « at » et « cron »',
  'job.open':
    'tout le monde sur cette machine peut modifier {file}, qui s’exécuterait sur les hôtes : chmod o-w',
  'job.unconfirmed':
    'il ne peut s’exécuter sur des groupes qui demandent avant ({groups}) : le travail ne dit pas « confirm: yes »',
  'job.unknown': 'il n’y a pas de travail « {name} »',
  'job.window.never': 'le travail « {name} » ne tombe jamais dans sa plage horaire',
  'schedule.cron': 'en tant que cron, cela ne tient pas : {reason}',
  'schedule.words':
    'écrivez « tous les jours à 2h30 », « en semaine à 7h30 », « lun,jeu à 6h », « toutes les 15 minutes », « premier lundi du mois à 6h », « dernier jour du mois à 22h », ou en cron : « 30 2 * * 1-5 »',
  'schedule.time': 'terminez par une heure : « à 2h30 », « à 8h et 18h »',
  'schedule.minutes': 'le nombre de minutes doit diviser une heure : 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30',
  'schedule.hours': 'le nombre d’heures doit diviser un jour : 1, 2, 3, 4, 6, 8, 12',
  'store.ca': '{file}, qui contient l’autorité de la base, est illisible : {reason}',
  'store.database': 'le serveur {server} n’a pas de base « {database} » : {reason}',
  'store.database.next': 'créez-la : createdb --owner {user} {database}',
  'store.login': 'la base {database} sur {server} n’admet pas « {user} » : {reason}',
  'store.login.next': 'voyez le mot de passe, et pg_hba.conf sur le serveur',
  'store.tls': 'la base sur {server} ne prouve pas qui elle est : {reason}',
  'store.tls.next':
    'donnez son autorité (« ca ») et le nom que porte son certificat (« host ») ; le serveur a besoin de ssl = on',
  'store.unreachable': 'la base sur {server} est injoignable : {reason}',
  'store.unreachable.next':
    'voyez si elle tourne ; ce qui tourne continue, et rien de nouveau ne démarre avant son retour',
  'store.key.missing': 'la base (store) n’a pas de « {key} »',
  'store.key.unknown': 'clé inconnue « {key} » dans la base (store)',
  'store.lease': 'un bail dure entre 10s et 1h',
  'value.batch': '« {value} » n’est pas la taille d’un lot : un nombre, une part comme 10%, ou rest',
  'value.days': '« {value} » ne sont pas des jours de la semaine : lun-ven, sam,dim',
  'value.schedule': '« {value} » n’est pas un horaire',
  'value.share': '« {value} » n’est pas une part : 20%',
};
