import type { acmeSite as en } from '../en/acme-site.ts';

/** Messages sur les certificats par ACME : code → texte. */
export const acmeSite: Record<keyof typeof en, string> = {
  'acme.key.unknown': 'clé « {key} » inconnue dans acme',
  'acme.key.missing': 'il manque à acme la clé « {key} » ici',
  'value.acme.directory':
    '{value} n’est pas un annuaire ACME : letsencrypt, letsencrypt-staging, ou une URL https',
  'value.acme.server':
    '{value} n’est pas un serveur de noms : un nom ou une adresse, avec :port s’il le faut',
  'acme.missing':
    '« {name} » doit avoir son certificat par ACME, et aucune section « acme » ne dit de quel serveur',
  'acme.missing.hint':
    'ajoutez par exemple acme: { email: vous@example.com, terms: agreed }, pour Let’s Encrypt',
  'acme.unused': 'aucune publication n’a tls: acme : cette section ne sert pas',
  'acme.terms':
    'un serveur ACME ne donne de certificats qu’à ceux qui acceptent ses conditions d’utilisation',
  'acme.terms.hint': 'lisez-les (un lien se trouve dans {directory}), puis écrivez terms: agreed',
  'acme.dns.both': 'rfc2136 et hook : un seul des deux peut mettre des enregistrements dans le DNS',
  'acme.dns.empty': 'rien ne dit comment un enregistrement entre dans le DNS : rfc2136 ou hook',
  'acme.dns.missing':
    'les noms doivent être validés par dns, et rien ne dit comment un enregistrement entre dans le DNS',
  'acme.dns.missing.hint':
    'validez par dns : acme: { dns: { rfc2136: { server: …, key: { file: … } } } }, ou hook: [programme]',
  'acme.wildcard': 'un certificat pour « {name} » ne peut être validé que par dns',
  'acme.name.private':
    'aucune autorité publique ne certifie « {name} » : il ne peut être à personne sur internet',
  'acme.name.private.hint':
    'utilisez tls: internal, ou nommez l’autorité d’un serveur ACME privé : acme: { directory: …, trust: ca.pem }',
  'acme.http.port': 'les noms sont validés sur le port 80, et la passerelle écoute sur {port}',
  'acme.http.port.hint':
    'utilisez http-port: 80, décrivez ce qui redirige vers lui (public, public-port), ou validez par dns',
  'acme.http.audience':
    'l’autorité demande « {name} » par http depuis n’importe où, et un pare-feu qui ne laisse entrer que l’audience l’en empêche',
  'acme.certificate.differs': 'des publications qui partagent le certificat « {name} » diffèrent par {key}',
  'acme.shared.busy': 'une autre passerelle a en ce moment le droit de commander le certificat de {names}',
  'acme.shared.busy.next':
    'ce qu’elle obtient est servi ici aussi, en quelques secondes ; après un échec, toutes attendent le même temps',
  'acme.shared.store': 'des passerelles partagent leurs certificats dans la base commune, et il n’y en a pas',
  'acme.shared.store.hint': 'ajoutez store: { postgres: … }, ou retirez shared',

  // Le plan.
  'flow.acme': 'la passerelle demande des certificats à {server}',
  'flow.acme.dns': 'la passerelle montre par des enregistrements dans le DNS que des noms sont à elle',
  'change.certificate.order': 'un certificat pour {names} sera demandé à {server}',
  // Commandes et renouvellements.
  'acme.unproved': 'le certificat qui a été émis pour {names} n’est pas utilisé : {reason}',
  'acme.unproved.next':
    'le précédent continue de servir ; un autre sera demandé plus tard. L’horloge de cette machine est-elle juste ?',
  'acme.unserved': 'nginx n’accepte pas le nouveau certificat de {names}',
  'acme.unserved.next': 'le précédent continue de servir ; « poterne status » montre ce que dit nginx',
  'acme.renew.none': 'rien de ce qui est servi ici n’a de certificat par ACME',
  'acme.renew.unknown': 'aucun certificat par ACME n’est pour « {name} » ; il y a : {known}',
  'acme.renew.ended': 'le démon a fini avant de s’être occupé des certificats',
  'cert.renew.about': 'renouveler les certificats par ACME qui doivent l’être, ou en faire la répétition',
  'cert.renew.usage': '[nom] [options]',
  'cert.renew.name': 'seulement le certificat qui porte ce nom',
  'cert.renew.dry-run': 'répéter : tout sauf ce qui sert, auprès de l’annuaire d’essai',
  'cert.renew.force': 'aussi ceux dont ce n’est pas le moment',
  'cert.renew.renewed': '{names} : renouvelé, valable jusqu’au {until}',
  'cert.renew.kept': '{names} : ce n’est pas le moment ; valable jusqu’au {until}, renouvelé vers le {next}',
  'cert.renew.issued':
    '{names} : {server} le renouvellerait : un certificat d’essai a été émis, éprouvé et jeté',
  'cert.renew.validated': '{names} : {server} le renouvellerait : il a validé les noms, et rien n’a été émis',
  'cert.renew.failed': '{names} : pas renouvelé',
  'cert.renew.failed.kept':
    '{names} : pas renouvelé ; celui qui sert est valable jusqu’au {until} ; nouvelle tentative {next}',
  'cert.renew.failed.early':
    '{names} : pas renouvelé ; celui qui sert est valable jusqu’au {until} et n’est pas à renouveler avant {next} : d’ici là, on ne réessaie que si vous le demandez',
  'apply.certificates.awaited':
    'Encore à obtenir : les certificats de {names}. Jusque-là, leurs négociations https sont refusées.',
  'apply.certificates.ordered':
    'La passerelle les commande d’elle-même ; « poterne status » montre où elle en est.',
  'apply.certificates.order':
    'Personne ne les commande tant que « poterne up » ne tourne pas : « poterne cert renew » le fait maintenant.',
  // L’état.
  'status.acme.awaited': 'à obtenir',
  'status.acme.failing': 'pas obtenu',
  'status.hours': 'encore {hours} {hours|heure|heures}',
  'status.acme.failed': '{names} : {reason} ({times} fois de suite ; prochaine tentative {next})',
};
