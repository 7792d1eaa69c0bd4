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
  'acme.shared.store': 'des passerelles partagent leurs certificats dans la base commune, et il n’y en a pas',
  'acme.shared.store.hint': 'ajoutez store: { postgres: … }, ou retirez shared',

  // Le plan.
  'change.certificate.order': 'un certificat pour {names} sera demandé à {server}',
};
