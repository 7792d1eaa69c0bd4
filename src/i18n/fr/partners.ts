import type { partners as en } from '../en/partners.ts';

/** Messages des partenaires et des certificats qui leur sont montrés. */
export const partners = {
  'value.url.partner':
    '« {value} » n’est pas une URL https faite d’un hôte et d’un chemin, sans requête ni identifiants',
  'value.socket':
    '« {value} » n’est pas un chemin absolu de socket unix : 107 caractères au plus, lettres, chiffres et . _ @ + - /',
  'value.pin':
    '« {value} » n’est pas une épingle : sha256/ suivi de l’empreinte d’une clé publique en base64',
  'partner.key.unknown': 'clé « {key} » inconnue dans le partenaire « {name} »',
  'partner.key.missing': 'il manque la clé « {key} » au partenaire « {name} »',
  'partner.name':
    '« {value} » ne peut pas nommer un partenaire : les appelants le demandent dans un chemin ; écrivez des minuscules, des chiffres et des tirets',
  'partner.callers.missing': 'personne ne peut appeler le partenaire « {name} »',
  'partner.callers.missing.hint':
    'écrivez callers : les hôtes, zones ou réseaux qui le peuvent, ou une socket',
  'partner.callers.everyone':
    '« {name} » désigne tout le monde : un partenaire est pour des appelants internes',
  'partner.callers.everyone.hint': 'nommez les hôtes qui l’appellent',
  'partner.callers.address':
    'l’hôte « {name} » n’a pas d’adresse : c’est à elle que les appelants sont reconnus',
  'partner.callers.address.hint': 'donnez-lui son adresse, et non un nom DNS',
  'partner.healthy.path':
    'ce qui montre que le partenaire « {name} » fonctionne ne peut pas être demandé : GET et ce chemin doivent être permis',
  'partner.listen.public': 'les partenaires seraient appelés à {address}, qui n’est pas une adresse interne',
  'partner.listen.public.hint': 'nommez une adresse privée de la machine de la passerelle',
  'partner.listen.missing':
    'les appelants viennent de {network}, mais la machine de la passerelle est décrite sans adresse privée où être appelée',
  'partner.listen.missing.hint':
    'écrivez gateway: partners: listen, ou l’adresse de l’hôte qui a le rôle gateway',
  'partner.port': 'le port {port} est celui des publications : il en faut un autre aux partenaires',
  'partner.socket.folder': 'le dossier {folder}, pour la socket du partenaire « {name} », n’est pas là',
  'partner.socket.folder.next':
    'faites-le : au compte de la passerelle, avec le groupe de l’application, en mode 0750',
  'partner.socket.open':
    'tout le monde peut entrer dans {folder}, et pourrait appeler le partenaire « {name} » par sa socket',
  'partner.socket.open.next': 'chmod o-rwx {folder}, et donnez-lui le groupe de l’application',
  'tls-configuration.files':
    'la configuration TLS « {name} » a un certificat de l’autorité de Poterne et des fichiers : gardez l’un des deux',
  'tls-configuration.server':
    'la configuration TLS « {name} » est pour des publications : elle ne montre pas de certificat',
  'tls-configuration.server.hint': 'nommez-en une qui a certificate et key',

  'client-certificate.unreadable': 'illisible d’ici ({reason}), on n’en sait donc rien encore : {file}',
  'client-certificate.form': '{file} ne contient pas de certificat en PEM',
  'client-certificate.key': '{file} ne contient pas de clé privée en PEM lisible : {reason}',
  'client-certificate.passphrase': 'la clé de {file} est chiffrée, et aucune phrase secrète n’est nommée',
  'client-certificate.passphrase.hint': 'écrivez passphrase: { file: … }',
  'client-certificate.mismatch': 'la clé de {key} n’est pas celle du certificat de {certificate}',
  'client-certificate.mismatch.hint': 'poterne cert match CLÉ CERTIFICAT montre les deux',
  'client-certificate.purpose':
    'le certificat de {file} n’est pas pour des clients : son usage étendu de clé n’a pas TLS Web Client Authentication',
  'client-certificate.purpose.hint': 'demandez à son autorité un certificat avec clientAuth',
  'client-certificate.expired': 'le certificat de {file} a expiré le {until}',
  'client-certificate.future': 'le certificat de {file} n’est valable qu’à partir du {since}',
  'client-certificate.expiring': 'le certificat de {file} expire le {until}, dans {days} {days|jour|jours}',
  'client-certificate.expiring.hint':
    'faites-le renouveler, mettez les nouveaux fichiers en place, puis appliquez',

  'change.partner.add': 'laisser {who} appeler le partenaire {name} ({url})',
  'change.partner.remove': 'mettre fin aux appels du partenaire {name}',
  'flow.partner': '{who} appelle le partenaire {name}',
  'flow.partner.out': 'le partenaire {name} est appelé par la passerelle',
  'assertion.flow.partner':
    '{from} atteint {to} sur le port {port}, parce que {who} appelle le partenaire {name}',
  'assertion.flow.partner.out':
    '{from} atteint {to} sur le port {port}, parce que le partenaire {name} est appelé par la passerelle',

  'promise.partner.answers':
    'Depuis {vantage}, un appel du partenaire « {name} » reçoit la réponse {status} : GET {path}.',
  'promise.partner.reaches': 'Depuis {vantage}, un appel du partenaire « {name} » lui parvient : GET {path}.',
  'promise.partner.refuses':
    'Depuis {vantage}, qui n’en est pas un appelant, le partenaire « {name} » ne peut pas être appelé.',
  'promise.partner.certificate':
    'Le partenaire « {name} » montre un certificat de confiance pour {host}, valable encore au moins {days} {days|jour|jours}, en TLS 1.2 ou 1.3.',
  'promise.partner.client':
    'Le certificat montré au partenaire « {name} » est pour des clients, et valable encore au moins {days} {days|jour|jours}.',
  'up.partner.shut':
    'les appels du partenaire « {name} » sont refusés : aucune de ses clés épinglées n’a été vue',
  'up.partner.open': 'le partenaire « {name} » présente une clé épinglée : les appels reprennent',
  'status.partner': 'partenaire',
  'status.partner.shown': 'certificat présenté',
  'status.partner.pins': 'clé épinglée',
  'status.partner.unseen': 'pas encore regardée : appels refusés',
  'status.partner.open': 'vue {at}',
  'status.partner.shut': 'pas vue : appels refusés',
  'status.partner.seen': 'Partenaire {name}, regardé {at} : {seen}',
  'status.partner.refused':
    'Dernier appel de {name} auquel il n’a pas répondu : {at}, {caller} {method} {path} ({why})',
  'verify.partner.uncalled': 'Pas essayé : un appel du partenaire « {name} », qui ne s’appelle pas d’ici.',
  'verify.partner.uncalled.from':
    'Pas essayé : un appel du partenaire « {name} » ; poterne verify --from {from} le fait.',
  'partner.look': 'les partenaires épinglés n’ont pas pu être regardés ({reason})',
  'seen.partner.answered': 'statut {status} du partenaire',
  'seen.partner.status': 'statut {status} au lieu de {wanted}',
  'seen.partner.unreachable':
    'la passerelle répond {status} ({error}) : le partenaire n’est pas atteint, ou l’un des deux refuse le certificat de l’autre',
  'seen.partner.refused': 'la passerelle refuse l’appel ({error})',
  'seen.partner.let-in': 'la passerelle laisse passer l’appel, avec le statut {status}',
  'seen.partner.denied': 'refusé avec 403 ({error})',
  'seen.partner.certificate':
    '{protocol}, valable jusqu’au {until} ({days} {days|jour|jours}), chaîne : {chain}',
  'seen.partner.pin': 'aucune des clés de la chaîne n’est épinglée ; celles vues : {pins}',
  'seen.partner.client':
    'valable jusqu’au {until} ({days} {days|jour|jours}), numéro {serial}, émis par {issuer}',
  'seen.partner.client.unreadable': 'illisible : {reason}',
  'seen.partner.client.purpose': 'son usage étendu de clé n’a pas TLS Web Client Authentication',
} as const satisfies Record<keyof typeof en, string>;
