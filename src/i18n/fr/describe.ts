import type { describe as en } from '../en/describe.ts';

/** Messages de `describe` : code → texte ; `{nom}` tient la place d'une valeur. */
export const describe = {
  // La présentation d'un constat.
  'severity.error': 'erreur',
  'severity.warning': 'avertissement',
  'severity.note': 'note',
  'report.hint': 'conseil : {hint}',

  // Les conseils communs à plusieurs constats.
  'hint.nearest': 'vouliez-vous dire « {nearest} » ?',
  'hint.known': 'connus ici : {known}',
  'hint.none': 'la description n’en contient encore aucun',
  'hint.map': 'écrivez {key}: { {first}: … } ; connus ici : {known}',
  'hint.other': 'l’autre se trouve à {place}',
  'hint.quote': 'pour que ce soit lu comme du texte, mettez-le entre guillemets droits',
  'hint.zones': 'écrivez une adresse, un bloc CIDR comme 10.0.0.0/24, ou l’une des zones : {known}',

  // Les fichiers.
  'file.missing': 'le fichier {file} n’existe pas',
  'file.missing.next':
    'donnez le chemin de la description ; docs/fr/guide.md montre comment en écrire une première',
  'file.unreadable': 'impossible de lire {file} ({reason})',
  'file.unreadable.next':
    'ce doit être un fichier que le compte {account} peut lire ; une passerelle installée a le sien dans /etc/poterne/site.yaml',
  'file.encoding': '{file} n’est pas du texte en UTF-8',
  'file.encoding.next': 'enregistrez-le de nouveau en UTF-8 dans votre éditeur',
  'include.form': '« include » n’est pas une liste de noms de fichiers ou de motifs',
  'include.form.hint': 'écrivez par exemple : include: [services.yaml, more/*.yaml]',
  'include.cycle': '« {file} » finit par s’inclure lui-même',
  'include.nothing': 'aucun fichier ne correspond à « {pattern} »',
  'include.nothing.hint': 'un motif part du dossier du fichier qui le contient : {folder}',

  // YAML lui-même.
  'yaml.syntax': 'ceci n’est pas du YAML valide ({reason})',
  'yaml.indent': 'l’alignement ne correspond pas à ce dont cette ligne dépend',
  'yaml.tab': 'une tabulation ne peut pas servir de retrait en YAML : utilisez des espaces',
  'yaml.unclosed': 'il manque un guillemet, un crochet ou un deux-points, ici ou plus haut',
  'yaml.nested':
    'un second « clé: valeur » ne peut pas suivre sur la même ligne : allez à la ligne, ou mettez le texte entre guillemets droits',
  'yaml.key': 'cette clé n’est pas suivie d’un deux-points sur sa ligne',
  'yaml.escape':
    'entre guillemets droits doubles, cette barre oblique inverse ne commence aucune séquence connue : doublez-la, ou prenez des guillemets simples',
  'yaml.character': 'un texte ne peut pas commencer par ce caractère : mettez-le entre guillemets droits',
  'yaml.documents': 'un fichier contient un seul document : rien ne peut suivre « --- »',
  'yaml.alias': 'l’alias « *{name} » ne renvoie à aucune ancre placée avant lui',
  'yaml.expansion': 'les alias de ce fichier renvoient à eux-mêmes ou grossissent sans mesure',
  'yaml.tag': 'l’étiquette « {tag} » n’a pas de sens ici et est ignorée',
  'key.duplicate': 'la clé « {key} » est écrite deux fois',
  'publication.duplicate': 'la publication « {name} » est décrite deux fois',

  // Les clés.
  'site.key.unknown': 'clé inconnue « {key} » dans la description',
  'zone.key.unknown': 'clé inconnue « {key} » dans la zone « {name} »',
  'host.key.unknown': 'clé inconnue « {key} » dans l’hôte « {name} »',
  'gateway.key.unknown': 'clé inconnue « {key} » dans la passerelle',
  'service.key.unknown': 'clé inconnue « {key} » dans le service « {name} »',
  'publication.key.unknown': 'clé inconnue « {key} » dans la publication « {name} »',
  'route.key.unknown': 'clé inconnue « {key} » dans la route « {name} »',
  'admin.key.unknown': 'clé « {key} » inconnue dans admin',
  'grant.key.unknown': 'clé « {key} » inconnue dans ce flux',
  'assertion.key.unknown': 'clé inconnue « {key} » dans cette assertion',
  'site.key.missing': 'il manque la clé « {key} » à la description',
  'zone.key.missing': 'il manque la clé « {key} » à la zone « {name} »',
  'host.key.missing': 'il manque ici la clé « {key} » à l’hôte « {name} »',
  'gateway.key.missing': 'il manque ici la clé « {key} » à la passerelle',
  'service.key.missing': 'il manque ici la clé « {key} » au service « {name} »',
  'publication.key.missing': 'il manque ici la clé « {key} » à la publication « {name} »',
  'route.key.missing': 'il manque ici la clé « {key} » à la route « {name} »',
  'admin.key.missing': 'il manque la clé « {key} » à admin',
  'grant.key.missing': 'il manque la clé « {key} » à ce flux',
  'assertion.key.missing': 'il manque la clé « {key} » à cette assertion',

  // Les valeurs.
  'value.duration':
    '« {value} » n’est pas une durée : écrivez un nombre et une unité, comme 30s, 5m, 12h ou 90d',
  'value.size': '« {value} » n’est pas une taille : écrivez un nombre et une unité, comme 512kB, 20MB ou 5GB',
  'value.hours':
    '« {value} » ne sont pas des heures de la semaine : écrire des jours et des heures, comme lun-ven 07:00-20:00',
  'value.speed': '« {value} » n’est pas une vitesse : écrivez une taille par seconde, comme 512kB/s ou 2MB/s',
  'value.rate':
    '« {value} » n’est pas un débit : écrivez un nombre par seconde ou par minute, comme 10/s ou 300/m',
  'value.network':
    '« {value} » n’est pas un réseau : écrivez une adresse ou un bloc CIDR, comme 10.0.0.0/24 ou 2001:db8::/32',
  'value.type.text': '« {key} » doit être un texte',
  'value.type.number': '« {key} » doit être un nombre',
  'value.type.integer': '« {key} » doit être un nombre entier',
  'value.type.boolean': '« {key} » doit valoir true ou false',
  'value.type.map': '« {key} » doit contenir des clés et des valeurs',
  'value.type.list': '« {key} » doit être une liste',
  'value.choice': '« {value} » ne fait pas partie des choix possibles : {choices}',
  'value.target':
    '« {value} » ne nomme aucune partie d’une requête : écrivez ARGS:nom pour un paramètre, ou REQUEST_COOKIES:, REQUEST_HEADERS: ou FILES: suivi d’un nom',
  'value.form': '« {value} » n’est pas écrit sous une forme que « {key} » accepte',
  'value.least': '{value} est trop petit : {limit} au moins',
  'value.most': '{value} est trop grand : {limit} au plus',
  'value.short': '« {key} » est trop court ou vide',
  'value.long': '« {key} » est trop long',
  'value.empty': '« {key} » est vide',
  'value.twice': '« {value} » est donné deux fois',
  'value.text': 'ce texte est vide ou contient un caractère de contrôle',
  'value.name':
    '« {value} » ne peut pas servir de nom ici : lettres sans accent, chiffres, « . », « - » et « _ », en commençant par une lettre ou un chiffre',
  'value.name.title': 'pour un nom destiné aux lecteurs, ajoutez un titre (title)',
  'value.reserved':
    '« {value} » ne peut pas nommer une zone : dans une audience, on ne le distinguerait pas de {meaning}',
  'value.email': '« {value} » n’est pas une adresse électronique',
  'value.file': '« {value} » n’est pas un nom de fichier',
  'value.address': '« {value} » n’est pas une adresse IP',
  'value.host': '« {value} » n’est ni un nom DNS ni une adresse IP',
  'value.host-key':
    '« {value} » n’est pas une clé publique d’hôte : écrivez son type et son base64, comme ssh-keyscan les affiche',
  'value.dns': '« {value} » n’est pas un nom DNS valide',
  'value.dns.label':
    '« {label} » ne peut pas en être une partie : 1 à 63 lettres sans accent, chiffres et tirets intérieurs',
  'value.dns.length': 'un nom DNS compte au plus 253 caractères',
  'value.dns.address': 'les publications se distinguent par leur nom (SNI de TLS), jamais par une adresse',
  'value.dns.ascii': 'dans le DNS, il s’écrit {ascii}',
  'value.timezone': '« {value} » n’est pas un fuseau horaire de la base IANA, comme Europe/Paris',
  'value.path':
    '« {value} » n’est pas un chemin : il commence par « / », sans espace, ni « # », ni partie vide, « . » ou « .. »',
  'value.path.prefix':
    '« {value} » n’est pas un préfixe de chemin : il commence par « / », sans espace, ni « ? », « # », « % » ou « \\ », ni partie vide, « . » ou « .. »',
  'value.path.percent': 'écrivez les caractères eux-mêmes plutôt que des codes en %',
  'value.url': '« {value} » n’est pas l’adresse d’un service',
  'value.url.form':
    'écrivez http://nom-ou-adresse:port, https://nom-ou-adresse:port, tcp://nom-ou-adresse:port ou unix:/chemin/vers.sock',
  'value.url.path':
    'un service se réduit à son hôte et à son port : les chemins se choisissent par des routes',
  'value.url.secret':
    'une adresse ne peut contenir ni utilisateur ni mot de passe : une description ne contient aucun secret',

  // Les références.
  'service.unknown': 'le service « {name} » n’existe pas',
  'group.unknown': 'aucun hôte n’est dans un groupe « {name} »',
  'host.unknown': 'l’hôte « {name} » n’existe pas',
  'zone.unknown': 'la zone « {name} » n’existe pas',

  // Les hôtes et la passerelle.
  'gateway.host.duplicate': 'l’hôte « {name} » est une seconde passerelle : cette version n’en gère qu’une',
  'gateway.ports': 'http-port et https-port valent tous deux {port}',

  // Comment les machines sont jointes, et ce qui circule entre elles.
  'host.address.missing': 'l’hôte « {name} » n’a pas d’adresse : Poterne ne peut pas le joindre',
  'host.vantage.ssh': 'l’hôte « {name} » est un point d’observation, et rien ne dit comment le joindre',
  'host.vantage.ssh.hint': 'ajoutez par exemple ssh: { user: debian }',
  'host.vantage.roles':
    'l’hôte « {name} » est un point d’observation : il ne peut pas avoir d’autre rôle, puisque rien n’y est changé',
  'host.via.loop': 'l’hôte « {name} » est joint à travers lui-même : {path}',
  'host.via.unreachable':
    'l’hôte « {name} » est joint à travers « {via} », et rien ne dit comment joindre celui-ci',
  'admin.missing':
    'rien ne dit d’où l’hôte « {name} » est administré : son pare-feu ne laisserait entrer personne, Poterne compris',
  'admin.missing.hint':
    'ajoutez par exemple admin: { from: [10.0.0.0/24] }, avec le réseau depuis lequel vous appliquez',
  'service.needs.self': 'le service « {name} » ne peut pas avoir besoin de lui-même',
  'service.needs.host':
    'le service « {name} » a besoin d’autres services, mais rien ne dit sur quel hôte il tourne',
  'service.needs.host.hint': 'ajoutez host: et le nom d’un hôte',

  // Les services.
  'service.upstream.missing': 'le service « {name} » ne dit pas où il écoute',
  'service.upstream.missing.hint': 'ajoutez par exemple url: http://10.0.0.15:8069',
  'service.upstream.both': 'le service « {name} » a à la fois « url » et « upstreams »',
  'service.upstream.backup':
    'tous les serveurs du service « {name} » sont des secours : il en faut un qui serve d’abord',
  'service.upstream.mixed': 'les serveurs du service « {name} » mélangent http et https',
  'service.trust.missing':
    'le service « {name} » est joint en https, mais rien ne dit à quel certificat se fier',
  'service.trust.missing.hint': 'ajoutez par exemple trust: { ca: ca.pem, name: {name} }',
  'service.trust.unused': '« trust » est sans effet pour le service « {name} », joint en http simple',
  'service.unpublished': 'le service « {name} » n’est publié nulle part',
  'service.healthy.missing':
    'rien ne dit à quoi l’on voit que le service « {name} » fonctionne : seul son port sera prouvé',
  'service.healthy.missing.hint': 'ajoutez par exemple healthy: { path: /, status: 200 }',

  // Les publications.
  'publication.name.wildcard': 'dans « {name} », l’étoile ne peut être que la première partie entière',
  'publication.name.wildcard.hint': 'écrivez *.example.fr, ou une expression rationnelle après « ~ »',
  'publication.regex.invalid':
    '« {value} » n’est pas une expression rationnelle comprise à la fois ici et par les moteurs',
  'publication.regex.open':
    '« {name} » reconnaît aussi des noms plus longs, qui peuvent appartenir à d’autres',
  'publication.regex.open.hint': 'commencez-la par ^ et terminez-la par $',
  'publication.example.missing':
    'la publication « {name} » est une expression rationnelle : donnez un exemple des noms qu’elle reconnaît',
  'publication.example.missing.hint':
    'les preuves en ont besoin : ajoutez par exemple example: app1.example.fr',
  'publication.example.mismatch': 'l’exemple « {example} » n’est pas un nom que « {name} » reconnaît',
  'publication.tls.names.missing': 'rien ne dit quels noms le certificat de « {name} » doit porter',
  'publication.tls.names.missing.hint': 'ajoutez par exemple tls: { names: ["*.example.fr"] }',
  'publication.tls.names.mismatch': 'aucun nom de ce certificat ne couvre « {example} »',
  'publication.target.missing':
    'la publication « {name} » ne mène nulle part : elle n’a ni « service » ni « routes »',
  'publication.target.missing.hint': 'ajoutez par exemple service: {service}',
  'publication.target.both': 'la publication « {name} » a à la fois « service » et « routes »',
  'publication.target.both.hint':
    'écrivez le service comme une route : routes: { /: { service: {service} } }',
  'publication.port.proxy': 'la publication « {name} » passe par le proxy : elle n’a pas de port à elle',
  'publication.port.proxy.hint': 'écrivez scenario: direct pour rediriger un port vers le service',
  'publication.port.twice': 'le port {port} est redirigé deux fois',
  'publication.port.gateway': 'la passerelle écoute elle-même sur le port {port}',
  'publication.proxy.tcp':
    'la publication « {name} » passe par le proxy, et le service « {service} » ne parle pas http',
  'publication.proxy.tcp.hint': 'écrivez scenario: direct, ou l’url du service avec http:// ou https://',
  'publication.direct.routes':
    'la publication « {name} » est directe : personne ne lit ses chemins, elle ne peut donc pas avoir de routes',
  'publication.direct.tls': 'la publication « {name} » est directe : le service montre son propre certificat',
  'publication.direct.http':
    'la publication « {name} » est directe et reconnue à son nom TLS, et le service « {service} » parle http en clair',
  'publication.direct.http.hint':
    'donnez à la publication un port à elle, ou écrivez tcp:// si le service parle TLS',
  'publication.direct.address':
    'un port ne peut pas être redirigé vers le service « {service} » : seulement vers une adresse IP',
  'publication.direct.address.hint': 'écrivez l’url avec une adresse, par exemple tcp://10.0.0.15:22',
  'publication.direct.several':
    'un port se redirige vers un seul serveur, et le service « {service} » en a plusieurs',
  'route.duplicate': 'la route « {path} » est la même que « {other} »',
  'route.regex.invalid':
    '« {value} » n’est pas une expression rationnelle comprise à la fois ici et par les moteurs',
  'route.strip.regex':
    'une route par expression rationnelle ne peut pas retirer son chemin : il n’y a pas de préfixe à retirer',
  'route.strip.both': '« keep-path » et « strip-path » se contredisent',
  'route.healthy.unproved':
    'le chemin de santé {path} du service « {service} » n’est atteint par aucune route de cette publication : il ne sera pas prouvé ici',
  'route.events.unproved':
    'le chemin d’événements {path} du service « {service} » n’est atteint par aucune route de cette publication : il ne sera pas prouvé ici',
  'route.websocket.unproved':
    'le chemin WebSocket {path} du service « {service} » n’est atteint par aucune route de cette publication : il ne sera pas prouvé ici',
  'audience.missing': 'la publication « {name} » ne nomme pas d’audience : tout le monde peut l’atteindre',
  'audience.missing.hint': 'écrivez audience: everyone pour l’assumer, ou audience: { from: [10.0.0.0/24] }',
  'audience.form':
    'cette audience n’est ni everyone, ni { from: [zones et réseaux] }, ni une liste de règles',
  'audience.form.from': 'pour n’ouvrir qu’à cela, écrivez audience: { from: [{value}] }',
  'audience.everyone': '« everyone » ne peut pas figurer dans une liste à côté de zones et de réseaux',
  'audience.everyone.hint': 'écrivez audience: everyone, ou seulement ceux que vous visez',

  // Les assertions de l'utilisateur.
  'assertion.missing': 'cette assertion ne dit ni « deny » ni « allow »',
  'assertion.missing.hint': 'écrivez par exemple deny: { from: internet, to: erp }',
  'assertion.both': 'cette assertion dit à la fois « deny » et « allow »',
  'assertion.both.hint': 'écrivez deux assertions : chacune commence par « - » sur sa propre ligne',
  'assertion.unknown': 'aucune zone, aucun hôte, aucune publication ne s’appelle « {name} »',
  'assertion.ambiguous': '« {name} » est le nom de plusieurs choses : on ne peut savoir laquelle est visée',
  'assertion.from.publication':
    'rien ne vient d’une publication : « {name} » ne peut figurer que sous « to »',
  'assertion.from.publication.hint':
    'sous « from », nommez une zone, un hôte, un réseau, everyone ou internet',

  // Ce qu'une version ultérieure fera.
  'scenario.unavailable': 'le scénario « {scenario} » n’est pas disponible dans cette version',
  'scenario.unavailable.hint':
    'proxy termine TLS ici et transmet les requêtes ; direct transmet les connexions sans les lire',
} as const satisfies Record<keyof typeof en, string>;
