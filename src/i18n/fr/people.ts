import type { people as en } from '../en/people.ts';

/** The same in French. */
export const people: Record<keyof typeof en, string> = {
  'password.short':
    'un mot de passe a au moins {length} caractères ; quelques mots à la suite se retiennent bien',
  'password.long': 'un mot de passe a au plus {length} caractères',
  'password.common':
    'ce mot de passe est facile à deviner : mots courants, suite de touches ou vos propres noms ; prenez-en un autre',
  'password.busy': 'plus de {count} mots de passe attendent d’être vérifiés',
  'password.busy.next': 'réessayez dans une minute',
  'seal.broken':
    'ce qui est scellé ({about}) ne s’ouvre pas : la clé de la machine n’est pas celle qui l’a scellé, ou cela a été modifié',
  'seal.broken.next':
    'remettez la clé de la machine depuis une sauvegarde (/etc/poterne/machine.key, ou le fichier que nomme POTERNE_MACHINE_KEY) ; ou faites recommencer l’enrôlement : poterne user reset-factors',
  'factor.unsealable': 'cette machine n’a pas de clé qui puisse sceller le secret des codes à usage unique',
  'factor.unsealable.next':
    'donnez-en une au service : « openssl rand -base64 32 » dans /etc/poterne/machine.key, lisible par son seul compte',
  'factor.many': 'personne n’a plus de {count} seconds facteurs : supprimez-en un d’abord',
  'factor.wrong': 'Ce code n’est pas le bon. Attendez le suivant et saisissez-le.',
  'factor.used': 'Ce code a déjà servi. Attendez le suivant.',
  'factor.paused': 'Trop de codes faux. Réessayez dans quelques minutes.',
  'factor.gone': 'Cela a pris trop de temps. Recommencez.',
  'factor.passkey.wrong': 'Cette clé d’accès n’a pas été acceptée. Réessayez, ou utilisez un autre moyen.',
  'factor.told.subject': '{site} : vos moyens de connexion ont changé',
  'factor.told.added': 'Un second facteur a été ajouté à votre compte {site} le {at} : {name}.',
  'factor.told.removed': 'Un second facteur a été retiré de votre compte {site} le {at} : {name}.',
  'factor.told.reset':
    'Un administrateur a retiré tous les seconds facteurs de votre compte {site} le {at}. Il vous sera demandé d’en créer à la prochaine connexion.',
  'factor.told.recovery':
    'Un code de secours de votre compte {site} a été utilisé le {at}. Codes restants : {name}.',
  'password.told.changed':
    'Le mot de passe de votre compte {site} a été changé le {at}. Toutes les autres sessions sont terminées.',
  'password.told.given': 'Un administrateur a donné un autre mot de passe à votre compte {site} le {at}.',
  'password.told.invitation':
    'Un autre mot de passe a été choisi pour votre compte {site} le {at}, par une invitation.',
  'email.told.changed':
    'Les courriels sur votre compte {site} vont à une autre adresse depuis le {at} : un administrateur l’a changée.',
  'factor.told.unexpected': 'Si ce n’était pas vous, prévenez tout de suite vos administrateurs.',
};
