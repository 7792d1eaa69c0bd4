import type { verify as en } from '../en/verify.ts';

/**
 * Messages de `verify` : code → texte ; `{nom}` tient la place d’une valeur. `seen.x` dit ce qui est revenu et ce que
 * cela signifie ; `advice.x`, quand il existe, dit quoi faire, avec les mêmes valeurs.
 */
export const verify = {
  // Atteindre la porte
  'seen.refused': 'connexion refusée : rien n’écoute sur {place}',
  'advice.refused':
    'La passerelle tourne-t-elle, et écoute-t-elle sur cette adresse ? `poterne up` la démarre.',
  'seen.reset': '{place} a raccroché aussitôt',
  'advice.reset':
    'Quelque chose est là mais ne veut pas de cette connexion : un pare-feu, un serveur saturé, ou un réglage différent du protocole PROXY.',
  'seen.unreachable': 'aucun chemin vers {place} ({error})',
  'advice.unreachable': 'Vérifiez la route vers ce réseau et l’adresse à laquelle mène le nom.',
  'seen.forbidden': 'les connexions vers {place} sont interdites, en chemin ou par la machine qui essaie',
  'advice.forbidden': 'Regardez son pare-feu et ceux du chemin (`nft list ruleset`).',
  'seen.exhausted': 'plus de descripteur de fichier ici pour se connecter à {place}',
  'advice.exhausted': 'Relevez la limite (`ulimit -n`) ou essayez moins de promesses à la fois.',
  'seen.timeout.connect': '{place} n’a pas accepté la connexion en {seconds} s',
  'advice.timeout.connect':
    'Un pare-feu sur le chemin jette sans doute les paquets, ou la machine est éteinte.',
  'seen.name.unknown': 'le nom {name} n’existe pas',
  'advice.name.unknown': 'Créez son enregistrement DNS, ou donnez en attendant une adresse où se connecter.',
  'seen.name.resolver': 'le résolveur ne répond pas au sujet de {name} ({error})',
  'advice.name.resolver': 'Vérifiez /etc/resolv.conf et que le serveur de noms est joignable d’ici.',
  'seen.timeout.resolve': 'le résolveur n’a rien dit de {name} en {seconds} s',
  'advice.timeout.resolve': 'Vérifiez /etc/resolv.conf et que le serveur de noms est joignable d’ici.',
  'seen.stopped': 'arrêté avant la fin',
  'seen.unexpected': 'quelque chose d’imprévu est arrivé : {error}',

  'seen.resolves.held': '{name} se trouve à {addresses}',
  'seen.resolves.localhost': '{name} est cette machine, par convention et sans interroger le DNS (RFC 6761)',
  'seen.resolves.partly': 'parmi les adresses de {name}, celles-ci n’acceptent aucune connexion : {places}',
  'advice.resolves.partly':
    'Retirez leurs enregistrements DNS ou faites-les répondre : les visiteurs qui les essaient d’abord attendent.',
  'seen.listens.held': '{place} accepte les connexions',
  'seen.listens.localhost':
    '{place} accepte les connexions ({name} est cette machine, par convention et sans interroger le DNS : RFC 6761)',

  'seen.resolves.elsewhere': '{name} se trouve d’ici à {addresses} ; seul {wanted} était promis',
  'advice.resolves.elsewhere':
    'Corrigez l’enregistrement, ou le résolveur ou le /etc/hosts qui répond ici : dedans et dehors peuvent différer.',
  'seen.port.accepted': 'accepté : {places}',
  'seen.port.refused': 'refusé : {places}',
  'advice.port.refused':
    'Le service tourne-t-il, et écoute-t-il sur cette adresse ? Sinon, un pare-feu sur le chemin dit non.',
  'seen.port.silent': 'aucune réponse : {places}',
  'advice.port.silent': 'Un pare-feu sur le chemin jette sans doute les paquets, ou la machine est éteinte.',
  'seen.port.unreachable': 'aucun chemin vers {places} ({error})',
  'advice.port.unreachable': 'Vérifiez les routes d’ici, et ce que rejette un pare-feu sur le chemin.',
  'seen.port.mixed': 'pas accepté : {places}',
  'advice.port.mixed': 'Le service tourne-t-il, et écoute-t-il sur toutes ces adresses, IPv4 et IPv6 ?',
  'seen.port.open': 'accepte des connexions, alors que rien ne le demande : {places}',
  'advice.port.open':
    'Fermez-le : une règle de pare-feu posée à la main le laisse passer, ou le pare-feu du chemin ne tourne pas.',
  'seen.scan.held': '{count} {count|port essayé|ports essayés} sur {addresses} : seuls répondent : {open}',
  'seen.scan.none': '{count} {count|port essayé|ports essayés} sur {addresses} : aucun ne répond',
  'seen.scan.partly':
    '{count} {count|port essayé|ports essayés} sur {addresses} : seuls répondent : {open} ; d’ici, aucun chemin vers {missing} ({error})',
  'seen.scan.unreachable': 'd’ici, aucun chemin vers {addresses} ({error})',
  'seen.scan.open': 'ouvert, alors que rien ne le demande : {places}',
  'advice.scan.open':
    'Voyez ce qui écoute (`ss -ltnp` sur cette machine) : arrêtez-le, fermez son port, ou décrivez-le s’il est voulu.',
  'seen.scan.unfinished': 'inachevé : {done} essais sur {tried} en {seconds} s',
  'advice.scan.unfinished':
    'Le chemin est lent, ou cette machine est occupée : essayez encore, ou moins de ports.',
  'seen.vantage.lost': 'la connexion au poste d’observation s’est rompue : {error}',
  'advice.vantage.lost': 'Rien n’a été établi : essayez encore quand il sera joignable.',

  // TLS
  'seen.tls.refused': '{place} a refusé la négociation TLS : {reason}',
  'advice.tls.refused':
    'La passerelle ne connaît pas ce nom, ou aucune version commune : cette publication a-t-elle été appliquée ?',
  'seen.tls.closed': '{place} a raccroché pendant la négociation TLS',
  'advice.tls.closed':
    'Cette publication a-t-elle été appliquée ? Si la porte attend un en-tête PROXY, la description le dit-elle ?',
  'seen.tls.not-tls': 'ce que répond {place} n’est pas du TLS',
  'advice.tls.not-tls':
    'Autre chose que la passerelle écoute là, ou c’est son port http en clair, ou la porte n’attend pas d’en-tête PROXY.',
  'seen.tls.failed': 'la négociation TLS avec {place} a échoué : {reason}',
  'seen.timeout.tls': '{place} a accepté la connexion, puis n’a rien dit pendant {seconds} s',
  'advice.timeout.tls':
    'Autre chose qu’un serveur TLS écoute là, ou il est surchargé, ou il attend un en-tête PROXY.',

  'seen.certificate.held': 'valable jusqu’au {until} ({days} {days|jour|jours}), émis par {issuer}',
  'seen.certificate.name': 'le certificat est celui de {names}, pas de {name}',
  'advice.certificate.name': 'Servez un certificat à ce nom, ou ajoutez-lui ce nom.',
  'seen.certificate.expired': 'le certificat a expiré le {until}',
  'advice.certificate.expired': 'Renouvelez-le maintenant : les navigateurs arrêtent les visiteurs.',
  'seen.certificate.future': 'le certificat n’est valable qu’à partir du {since}',
  'advice.certificate.future': 'Vérifiez l’horloge de cette machine, puis le certificat.',
  'seen.certificate.soon':
    'le certificat expire dans {days} {days|jour|jours} ({until}), moins que les {minDays} promis',
  'advice.certificate.soon': 'Renouvelez-le, et cherchez pourquoi il ne l’a pas été tout seul.',
  'seen.certificate.self-signed': 'le certificat n’a que lui-même pour garant',
  'advice.certificate.self-signed':
    'Faites-le émettre par une autorité que vos visiteurs reconnaissent, ou par celle de Poterne (`tls: internal`).',
  'seen.certificate.untrusted':
    'la chaîne mène à une autorité qui n’est pas reconnue ici (émetteur : {issuer})',
  'advice.certificate.untrusted':
    'Si cette autorité est la vôtre, ajoutez sa racine à celles qui sont reconnues.',
  'seen.certificate.incomplete': 'aucune autorité reconnue ici n’a signé le certificat (émetteur : {issuer})',
  'advice.certificate.incomplete':
    'Si c’est un intermédiaire, servez la chaîne complète ; si c’est votre propre racine, ajoutez-la à celles qui sont reconnues.',
  'seen.certificate.chain-expired':
    'le certificat est valable, mais l’un de ceux qui le garantissent a expiré (émetteur : {issuer})',
  'advice.certificate.chain-expired': 'Servez les certificats intermédiaires actuels de l’émetteur.',
  'seen.certificate.chain': 'la chaîne ne tient pas : {error}',
  'advice.certificate.chain': 'Comparez la chaîne servie avec ce que livre l’émetteur.',

  'seen.versions.held': '{version} accepté ; {refused} refusés',
  'seen.versions.accepted': '{version} accepté',
  'seen.versions.taken': '{version} est accepté alors qu’il devait être refusé',
  'advice.versions.taken': 'Retirez-le des versions TLS du serveur, ou de ce qui termine TLS devant lui.',
  'seen.versions.unoffered':
    'on ne peut pas savoir : cette machine ne sait même pas proposer {version} ({reason})',
  'advice.versions.unoffered': 'Essayez depuis une machine dont l’OpenSSL le parle encore.',
  'seen.versions.none': 'aucune version acceptée parmi {accepted}',
  'advice.versions.none':
    'Ce nom est-il publié ? Regardez ensuite les versions TLS et les suites de chiffrement du serveur.',

  'seen.handshake.refused': 'refusé pendant la négociation : {reason}',
  'seen.handshake.closed': 'refusé pendant la négociation : la connexion a été fermée',
  'seen.handshake.done': 'la négociation pour {sni} a abouti, avec un certificat pour {names}',
  'advice.handshake.done':
    'Un nom inconnu obtient une réponse et apprend ce qui se trouve ici : le serveur par défaut doit refuser.',
  'seen.handshake.nameless': 'la négociation sans nom a abouti, avec un certificat pour {names}',
  'advice.handshake.nameless':
    'Un scanner qui ne connaît aucun nom apprend ce qui se trouve ici : le serveur par défaut doit refuser.',

  // HTTP
  'seen.http.closed': '{place} a fermé la connexion sans répondre',
  'advice.http.closed':
    'La passerelle refuse ce nom d’hôte, ou son processus est tombé : regardez son journal d’erreurs.',
  'seen.http.garbage': 'ce que répond {place} n’est pas du HTTP ({error})',
  'advice.http.garbage': 'Autre chose que la passerelle écoute là.',
  'seen.http.overflow': '{place} a envoyé plus de 16 Kio d’en-têtes',
  'advice.http.overflow': 'Cherchez un service qui pose des cookies sans fin.',
  'seen.http.cut': '{status}, mais la connexion s’est rompue avant l’arrivée de « {contains} »',
  'advice.http.cut':
    'Le service ou la passerelle est tombé en pleine réponse : regardez leurs journaux d’erreurs.',
  'seen.timeout.response': '{place} a pris la requête, puis n’a rien dit pendant {seconds} s',
  'advice.timeout.response':
    'Le service est bloqué ou surchargé : interrogez-le directement, sans la passerelle.',
  'seen.timeout.body': '{status}, mais le contenu n’est pas arrivé en {seconds} s',
  'advice.timeout.body':
    'Le service s’est bloqué en pleine réponse : interrogez-le directement, sans la passerelle.',
  'seen.gateway.bad': '502 de la passerelle : le service ne répond pas',
  'advice.gateway.bad':
    'Le service tourne-t-il, à l’adresse de la description, et la passerelle peut-elle l’atteindre ?',
  'seen.gateway.unavailable': '503 : la passerelle ou le service refuse les requêtes',
  'advice.gateway.unavailable':
    'Surcharge, maintenance, ou limites trop serrées ; ou publication coupée, ou démon de Poterne arrêté : poterne status le dit.',
  'seen.gateway.late': '504 de la passerelle : le service a mis trop longtemps',
  'advice.gateway.late': 'Le service est bloqué, ou a besoin de plus que ses `timeouts`.',
  'seen.status.other': 'statut {status} au lieu de {wanted}',
  'advice.status.other':
    'Comparez avec ce que répond le service sans la passerelle, et avec son contrôle `healthy`.',
  'seen.status.redirect': '{status} vers {location} au lieu de {wanted}',
  'advice.status.redirect':
    'Si le service veut ici une connexion ou une autre adresse, vérifiez le chemin demandé.',
  'seen.outside.refused': '403, comme promis : {address} n’est pas dans {networks}',
  'seen.outside.let-in': '{status} au lieu de 403 pour {address}, qui n’est pas dans {networks}',
  'advice.outside.let-in':
    'Quiconque s’y trouve entre : vérifiez l’audience, et l’adresse que voit la passerelle.',
  'seen.outside.closed': 'raccroche, comme promis : {address} n’est pas dans {networks}',
  'seen.outside.open': 'TLS s’établit pour {address}, qui n’est pas dans {networks}',
  'advice.outside.open':
    'Quiconque s’y trouve entre : vérifiez l’audience, et l’adresse que voit la passerelle.',
  'seen.inside.refused': '403, alors que cette adresse est admise',
  'advice.inside.refused':
    'Quelle adresse voit la passerelle ? Si c’est le service qui dit 403, décrivez-le : `healthy: { status: 403 }`.',

  'seen.redirects.held': '{status} vers {to}',
  'seen.portal.held': 'conduit à {portal}',
  'seen.portal.refused': 'refusé avec {status} : se connecter n’y changerait rien maintenant',
  'seen.portal.none': 'la réponse est {status}, et ne mène nulle part ; attendu : vers {portal}',
  'seen.portal.elsewhere': 'mène à {to} ; attendu : vers {portal}',
  'seen.redirects.none': 'statut {status}, pas de redirection vers {to}',
  'advice.redirects.none': 'Autre chose que la passerelle répond en http, ou du contenu est servi sans TLS.',
  'seen.redirects.elsewhere': '{status} vers {location} au lieu de {to}',
  'advice.redirects.elsewhere': 'Si un autre port est public, dites-le avec `public-port`.',
  'seen.answers.held': 'statut {status}',
  'seen.answers.headers': 'la réponse les porte : {names}',
  'seen.answers.content': 'statut {status}, avec « {contains} »',
  'seen.answers.lacks': 'statut {status}, mais sans « {contains} »',
  'advice.answers.lacks': 'Une autre application répond, ou sa page a changé.',
  'seen.answers.long': 'statut {status}, mais sans « {contains} » dans les 64 premiers Kio',
  'advice.answers.long': 'Cherchez quelque chose qui vient plus tôt dans la page.',
  'seen.answers.header': 'l’en-tête {name} vaut « {value} » au lieu de « {wanted} »',
  'advice.answers.header':
    'Le service ou quelque chose devant lui le pose aussi, ou la configuration appliquée n’est pas l’actuelle.',
  'seen.answers.header-missing': 'l’en-tête {name} manque (« {wanted} » était promis)',
  'advice.answers.header-missing':
    'Quelque chose sur le chemin le retire, ou la configuration appliquée n’est pas l’actuelle.',

  'seen.streams.held': 'un événement est arrivé après {milliseconds} ms, le flux restant ouvert',
  'seen.streams.type': 'pas de flux d’événements : le type de contenu est {type}',
  'advice.streams.type': 'Le chemin est-il le bon ? Une page de connexion répond souvent à sa place.',
  'seen.streams.silent':
    '{place} a pris la requête, mais ni en-tête ni événement n’est arrivé en {seconds} s',
  'advice.streams.silent':
    'Quelque chose retient les données, ou le service est bloqué : le chemin est-il dans les `events` du service ?',
  'seen.streams.none': 'le flux s’est ouvert, mais aucun événement n’est arrivé en {seconds} s',
  'advice.streams.none':
    'Quelque chose retient les données, ou rien ne s’est passé : le chemin est-il dans les `events` du service ?',
  'seen.streams.ended': 'la réponse s’est terminée avant qu’un événement n’arrive',
  'advice.streams.ended': 'Quelque chose coupe le flux, ou le service n’a rien à dire sur ce chemin.',
  'seen.streams.late':
    'l’événement n’est arrivé qu’avec la fin de la réponse : quelque chose retient les données',
  'advice.streams.late':
    'Le chemin est-il dans les `events` du service ? Cherchez aussi une compression ou un autre proxy devant.',
  'seen.streams.flood': '64 Kio sont arrivés sans un seul événement',
  'advice.streams.flood': 'Ce qui passe là n’est pas un flux d’événements : le chemin est-il le bon ?',

  'seen.echoes.held': 'un WebSocket s’est ouvert et a répondu « {contains} »',
  'seen.echoes.declined': 'pas de WebSocket : statut {status} au lieu de 101',
  'advice.echoes.declined':
    'Le chemin est-il le bon ? L’en-tête Upgrade se perd-il en route, ou le service refuse-t-il l’Origin ?',
  'seen.echoes.handshake': 'l’ouverture du WebSocket a échoué : {error}',
  'advice.echoes.handshake': 'Ce qui répond là ne parle pas WebSocket (RFC 6455) : le chemin est-il le bon ?',
  'seen.echoes.silent': 'le WebSocket s’est ouvert, mais rien n’est revenu en {seconds} s',
  'advice.echoes.silent': 'Le service répond-il à ce que dit `websocket.send` ?',
  'seen.echoes.other': 'le WebSocket s’est ouvert et a répondu, mais pas « {contains} » en {seconds} s',
  'advice.echoes.other': 'Comparez `websocket.contains` avec ce que dit le service.',
  'seen.echoes.closed': 'le WebSocket a été fermé avec le code {close} avant la réponse',
  'advice.echoes.closed': 'Le service n’a pas aimé ce qui lui a été envoyé : regardez son journal.',
  'seen.echoes.cut': 'le WebSocket s’est rompu avant la réponse',
  'advice.echoes.cut':
    'Le service ou la passerelle est tombé, ou un délai a expiré : regardez leurs journaux d’erreurs.',
  'seen.echoes.protocol': 'ce qui est passé par le WebSocket enfreint son protocole : {error}',
  'advice.echoes.protocol': 'Regardez le service, ou ce qui réécrit ses trames en chemin.',

  'seen.host.closed': 'une requête pour {host} a été fermée sans réponse',
  'seen.host.refused': 'une requête pour {host} a reçu {status} et aucun contenu',
  'seen.host.answered': 'une requête pour {host} a reçu du contenu : statut {status}',
  'advice.host.answered':
    'Un nom que personne n’a publié mène quelque part : le serveur par défaut doit fermer.',

  // Le tableau
  'verify.promise': 'promesse',
  'verify.time': 'durée',
  'verify.gateway': 'la passerelle',
  'verify.all': 'Toutes les promesses sont tenues : {total} (vues de {vantage}).',
  'verify.broken': 'Promesses rompues : {broken} ; tenues : {held} sur {total} (vues de {vantage}).',
  'verify.none': 'Aucune promesse à vérifier.',

  // Pannes
  'seen.sign-in.refused': 'refusé avec {status} par la passerelle elle-même',
  'seen.sign-in.let-in': 'la réponse est {status}, et non le refus de la passerelle',
  'advice.sign-in.let-in':
    'Coupez la publication (poterne cut) jusqu’à savoir pourquoi : on y entre sans se connecter.',
  'vantage.failed': 'le poste d’observation {vantage} n’est pas utilisable : {reason}',
  'vantage.failed.next': 'Il doit être joignable par ssh et avoir perl, que toute Debian a.',
} as const satisfies Record<keyof typeof en, string>;
