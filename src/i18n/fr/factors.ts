import type { factors as en } from '../en/factors.ts';

/** Messages des pages du portail sur les seconds facteurs et les invitations. */
export const factors: Record<keyof typeof en, string> = {
  'factors.none':
    'Vous vous connectez avec un mot de passe seul. Ajoutez un second facteur : un mot de passe que quelqu’un connaît n’ouvre alors plus rien.',
  'factors.needed':
    'Ce que vous demandez exige un second facteur. Ajoutez-en un maintenant ; vous continuerez ensuite.',
  'factors.add.totp': 'Ajouter une application d’authentification',
  'factors.add.passkey': 'Ajouter une clé d’accès ou une clé de sécurité',
  'factors.kind.totp': 'Application d’authentification',
  'factors.kind.passkey': 'Clé d’accès',
  'factors.name.give': 'Nom (si vous voulez)',
  'factors.name.hint': 'Pour la reconnaître : mon téléphone, la clé de mon trousseau.',
  'factors.never': 'jamais',
  'factors.row': 'Ajout : {made} ; dernier usage : {used}',
  'factors.devices.row': 'Dernier usage : {used} ; retenu jusqu’au {expires}',
  'factors.remove': 'Supprimer',
  'factors.remove.of': 'Supprimer {name}',
  'factors.removed': 'C’est supprimé.',
  'factors.totp.title': 'Ajouter une application d’authentification',
  'factors.totp.scan':
    'Lisez ceci avec l’application de votre téléphone (toute application de codes à usage unique) :',
  'factors.totp.qr': 'Code QR de votre secret ; le même en texte est au-dessous',
  'factors.totp.seed': 'Ou saisissez ceci dans l’application :',
  'factors.totp.type': 'Saisissez le code qu’elle montre :',
  'factors.totp.code': 'Code',
  'factors.totp.code.hint': 'Six chiffres, de l’application d’authentification.',
  'factors.totp.go': 'Confirmer',
  'factors.passkey.title': 'Ajouter une clé d’accès',
  'factors.passkey.text':
    'Une clé d’accès est gardée par votre téléphone, votre ordinateur ou une clé de sécurité, qui demande votre doigt, votre visage ou un code. Une fausse page ne peut pas vous la prendre.',
  'factors.passkey.go': 'Créer une clé d’accès',
  'factors.passkey.sign-in': 'Se connecter avec une clé d’accès',
  'factors.passkey.failed':
    'L’appareil n’a pas répondu, ou vous avez arrêté. Réessayez, ou utilisez un autre moyen.',
  'factors.passkey.script':
    'Les clés d’accès ont besoin de JavaScript, que ce navigateur n’exécute pas pour cette page. Utilisez un autre moyen.',
  'factors.recovery': 'Codes de secours',
  'factors.recovery.code': 'Code de secours',
  'factors.recovery.left':
    'Codes restants : {count}. Chacun sert une fois, quand votre second facteur n’est pas à portée.',
  'factors.recovery.none': 'Il ne vous en reste aucun.',
  'factors.recovery.make': 'Créer de nouveaux codes',
  'factors.recovery.made': 'C’est fait. Voici vos codes de secours.',
  'factors.recovery.keep':
    'Gardez ces {count} codes là où personne d’autre ne les lit : imprimez-les ou mettez-les dans votre gestionnaire de mots de passe. Chacun sert une fois. Ils ne seront plus montrés.',
  'factors.recovery.kept': 'Je les ai gardés',
  'factors.devices': 'Appareils retenus',
  'factors.devices.text': 'Le second facteur n’est pas redemandé à ces navigateurs jusque-là.',
  'factors.devices.forget': 'Oublier',
  'factors.devices.forget.of': 'Oublier {name}',
  'factors.devices.forget-all': 'Tout oublier',
  'factors.devices.forgotten': 'Appareils oubliés : {count}.',
  'factors.invitation.title': 'Choisissez votre mot de passe',
  'factors.invitation.text': 'Bienvenue, {name}. Votre nom de connexion est {login}.',
  'factors.invitation.done': 'Votre mot de passe est enregistré. Votre nom de connexion est {login}.',
  'factors.invitation.over': 'Cette invitation a servi ou est terminée.',
  'factors.invitation.over.next': 'Demandez-en une autre à vos administrateurs.',
};
