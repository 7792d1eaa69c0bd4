import type { nginx as en } from '../en/nginx.ts';

/** Messages du moteur nginx : code → texte ; `{nom}` tient la place d'une valeur. */
export const nginx = {
  'nginx.text.control':
    '{value} contient un caractère de contrôle (saut de ligne, tabulation…), que nginx ne peut pas recevoir',
  'nginx.text.long': 'ce texte est trop long pour nginx : au plus {count} octets',
  'nginx.proxy-protocol.untrusted':
    'trusted-fronts est absent : nginx ne croira pas l’adresse de l’en-tête PROXY, et tous les clients ressembleront au répartiteur de charge',
  'nginx.unix.long': 'le chemin de la socket unix « {value} » est trop long : au plus {count} octets',
  'nginx.backup.only':
    'tous les serveurs du service « {service} » sont de secours : il en faut au moins un ordinaire',
  'nginx.trust.address':
    'nginx vérifie le certificat d’un serveur par son nom et non par son adresse : écrivez le nom DNS qui figure dans le certificat au lieu de {value}',
  'nginx.host-header': '« {value} » n’est ni keep, ni upstream, ni un nom d’hôte avec un port facultatif',
  'nginx.path.encoded':
    '« {value} » est encodé en pourcents : nginx compare des chemins décodés, écrivez donc les caractères eux-mêmes',
  'nginx.regex.named':
    'l’expression rationnelle « {value} » désigne un groupe par son nom : désignez-le par son numéro',
  'nginx.limits.burst': 'burst sans requests : il n’y a pas de débit à dépasser, donc aucun effet',
  'nginx.limits.nobody':
    '« {word} » limite là où personne ne se connecte : il n’y a personne à compter ainsi ; donnez des règles à l’audience, ou limitez les adresses',
  'nginx.upload.regex':
    'upload vaut pour le nom demandé à TLS : une connexion à « {name} », une expression rationnelle, ne peut pas être ralentie',
  'nginx.upload.fronts':
    'upload ralentit une connexion, et celles de ce répartiteur sont à beaucoup de visiteurs : il doit parler le protocole PROXY',
  'nginx.direct.word':
    'la publication « {name} » est directe : ses connexions passent sans être lues, « {word} » est donc sans effet',
  'nginx.direct.service':
    'le service « {service} » n’est atteint que directement : ses connexions passent sans être lues, « {word} » est donc sans effet',
  'nginx.direct.fronts':
    'derrière un répartiteur, un nom ne peut passer tel quel que si celui-ci parle le protocole PROXY : rien d’autre ne dit l’adresse du client avant l’ouverture de TLS',
  'nginx.direct.fronts.hint':
    'écrivez proxy-protocol: true, et faites que le répartiteur laisse passer le TLS tel quel',
  'nginx.header.name': '« {name} » n’est pas un nom d’en-tête',
  'nginx.header.reserved': 'l’en-tête « {name} » appartient à la passerelle et ne peut pas être ajouté',
  'nginx.header.twice': 'l’en-tête « {name} » est ajouté deux fois',

  'promise.resolves': 'Le nom {name} mène à une adresse qui accepte les connexions.',
  'promise.listens': '{name} accepte les connexions sur le port {port}.',
  'promise.certificate.acme':
    '{name} montre un certificat de confiance à son nom, encore valable au moins {days} {days|jour|jours} (ou un sixième de sa durée, si c’est moins).',
  'promise.certificate':
    '{name} présente un certificat de confiance à son nom, valable encore au moins {days} {days|jour|jours}.',
  'promise.tls-versions': '{name} parle TLS 1.2 ou 1.3, et refuse TLS 1.0 et 1.1.',
  'promise.redirects': '{from} mène à {to}, quel que soit le chemin.',
  'promise.sign-in-page': '{url} montre où l’on se connecte.',
  'promise.answers': '{url} montre {title} (statut {status}).',
  'promise.answers.contains': '{url} montre {title} (statut {status}, contient « {contains} »).',
  'promise.sign-in': '{url} est fermé à qui ne s’est pas connecté.',
  'promise.portal': '{url} conduit un navigateur à {portal}, pour se connecter.',
  'promise.reaches': '{url} mène à {title}, qui répond.',
  'promise.headers': '{url} répond avec les en-têtes {headers}.',
  'promise.streams': '{url} transmet les événements de {title} au moment où ils arrivent.',
  'promise.echoes': '{url} ouvre une WebSocket vers {title} et répond « {contains} ».',
  'promise.refuses-host.https':
    'Une connexion établie pour {name} n’obtient rien si elle demande ensuite {host}.',
  'promise.refuses-host.http': 'En http simple, le nom inconnu {host} n’obtient rien.',
  'promise.refuses-handshake':
    'Le nom inconnu {name} est refusé avant que TLS soit établi : aucun certificat n’est montré.',
  'promise.refuses-handshake.nameless':
    'Un visiteur qui ne donne aucun nom, seulement une adresse, est refusé avant que TLS soit établi.',
} as const satisfies Record<keyof typeof en, string>;
