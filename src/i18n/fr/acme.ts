import type { acme as en } from '../en/acme.ts';

/** Messages du client ACME : code → texte ; `{nom}` tient la place d'une valeur. */
export const acme: Record<keyof typeof en, string> = {
  'acme.key': 'la clé du compte ACME {file} n’est pas une clé ECDSA P-256',
  'acme.key.next': 'remettez-la d’une sauvegarde, ou écartez-la : un nouveau compte est alors créé',
  'acme.trust': 'le fichier {file}, qui sert à vérifier l’autorité ACME, ne peut pas être lu : {reason}',
  'acme.trust.next': 'corrigez le chemin de « trust » ou ses droits',
  'acme.unreachable': 'l’autorité {ca} ne peut pas être jointe : {reason}',
  'acme.unreachable.next':
    'voyez si cette machine peut la joindre en HTTPS et résout son nom ; une nouvelle tentative aura lieu, et le certificat en place sert d’ici là',
  'acme.untrusted':
    'l’autorité {ca} a un certificat HTTPS auquel cette machine ne fait pas confiance : {reason}',
  'acme.untrusted.next':
    'rien n’a été demandé ; pour une autorité à vous, donnez sa racine dans « trust » ; sinon, voyez si quelque chose intercepte le TLS en route, et si l’horloge est juste',
  'acme.protocol': '{url} ne répond pas comme une autorité ACME : HTTP {status} {body}',
  'acme.protocol.next':
    'corrigez « directory » : c’est l’URL du répertoire lui-même, p. ex. https://acme-v02.api.letsencrypt.org/directory',
  'acme.agreement': 'l’autorité {ca} a des conditions d’utilisation que personne n’a acceptées : {url}',
  'acme.agreement.next': 'lisez-les, et écrivez « terms: agreed » dans « acme »',
  'acme.action': 'l’autorité {ca} attend d’abord quelque chose du titulaire du compte : {saw}',
  'acme.action.next':
    'faites ce qu’elle dit, souvent accepter de nouvelles conditions, puis « poterne cert renew »',
  'acme.contact': 'l’autorité {ca} n’accepte pas le contact du compte : {saw}',
  'acme.contact.next':
    'donnez dans « email » une adresse qui existe et à laquelle on peut écrire, sans guillemets ni commentaires',
  'acme.eab.missing': 'l’autorité {ca} n’accepte que des comptes qu’elle connaît déjà : {saw}',
  'acme.eab.missing.next': 'demandez-lui un identifiant de clé et une clé MAC, et décrivez-les dans « eab »',
  'acme.eab.form': '{file} ne contient pas une clé MAC en base64url',
  'acme.eab.form.next': 'copiez la clé telle que l’autorité la montre, sur une ligne',
  'acme.eab.refused': 'l’autorité {ca} n’accepte pas la clé du compte {id} : {saw}',
  'acme.eab.refused.next':
    'comparez les deux avec ce qu’elle vous a donné ; une telle clé ne sert souvent qu’une fois : demandez-en une autre',
  'acme.account.gone': 'l’autorité {ca} ne connaît pas notre compte : {saw}',
  'acme.account.gone.next': 'il a été enregistré de nouveau en vain : demandez à l’autorité',
  'acme.forbidden': 'l’autorité {ca} ne le permet pas à notre compte : {saw}',
  'acme.forbidden.next': 'demandez-lui ce que ce compte peut obtenir',
  'acme.nonce': 'l’autorité {ca} refuse tous les nonces qu’elle donne : {saw}',
  'acme.nonce.next': 'plusieurs serveurs qui s’ignorent répondent sans doute là : dites-le à qui l’exploite',
  'acme.limited': 'l’autorité {ca} n’en accepte plus pour l’instant : {saw} (pas avant : {until})',
  'acme.limited.next':
    'rien n’est demandé d’ici là ; le certificat en place sert. Moins de noms à part, ou plus de noms dans un certificat, consomment moins',
  'acme.wait':
    'il n’est pas temps de redemander à {ca} avant {until} : la dernière tentative a échoué avec {code}',
  'acme.wait.next':
    'réparez ce qui a échoué ; « poterne cert renew » redemande tout de suite, sauf si l’autorité a elle-même fixé le moment',
  'acme.rejected': 'l’autorité {ca} ne certifie pas {names} : {saw}',
  'acme.rejected.next':
    'employez un nom qu’elle peut certifier, un nom public pour une autorité publique, ou une autre autorité',
  'acme.caa': 'un enregistrement CAA interdit à {ca} de certifier {names} : {saw}',
  'acme.caa.next':
    'ajoutez à la zone un enregistrement CAA « issue » (ou « issuewild ») au nom de l’autorité, ou retirez celui qui interdit',
  'acme.profile': 'l’autorité {ca} n’offre pas le profil : {saw}',
  'acme.profile.next': 'écrivez-en un qu’elle offre, ou retirez « profile »',
  'acme.csr': 'l’autorité {ca} n’accepte pas la clé ou la demande du certificat pour {names} : {saw}',
  'acme.csr.next': 'choisissez une autre sorte de clé',
  'acme.order': 'l’autorité {ca} dit que la commande n’est pas prête : {saw}',
  'acme.order.next': 'une nouvelle tentative aura lieu',
  'acme.replaced': 'l’autorité {ca} dit que le certificat a déjà été remplacé : {saw}',
  'acme.replaced.next': 'il est commandé sans le dire',
  'acme.busy': 'l’autorité {ca} ne le peut pas maintenant : {saw}',
  'acme.busy.next': 'une nouvelle tentative aura lieu ; sa page d’état en dit peut-être plus',
  'acme.refused': 'l’autorité {ca} refuse : {saw}',
  'acme.refused.next': 'faites ce qu’elle dit',
  'acme.slow': 'l’autorité {ca} n’a pas terminé en dix minutes : {doing}',
  'acme.slow.next': 'rien n’est perdu : la même commande est poursuivie à la prochaine tentative',
  'acme.challenge': 'l’autorité n’accepte pas {wanted} pour {name}, mais {offered}',
  'acme.challenge.next':
    'un nom générique (*) demande une preuve par le DNS ; sinon choisissez parmi celles qu’elle accepte',
  'acme.connection': 'l’autorité {ca} n’a pas pu se connecter au port 80 pour {names} ; elle a vu : {saw}',
  'acme.connection.next':
    'voyez que les adresses des noms (A et AAAA) sont celles de la passerelle, et que le port 80 est ouvert à tout internet : routeur d’entrée, opérateur, pare-feu',
  'acme.answer':
    'l’autorité {ca} a trouvé sur le port 80 une autre réponse que la nôtre pour {names} ; elle a vu : {saw}',
  'acme.answer.next':
    'autre chose y répond : un ancien serveur, la page d’une box, ou l’autre adresse (IPv6) du nom',
  'acme.unresolved': 'l’autorité {ca} n’a pas trouvé l’adresse de {names} ; elle a vu : {saw}',
  'acme.unresolved.next':
    'créez les enregistrements A (et AAAA), et voyez que la zone répond depuis internet, DNSSEC compris',
  'acme.record': 'l’autorité {ca} n’a pas trouvé notre enregistrement TXT pour {names} ; elle a vu : {saw}',
  'acme.record.next':
    'voyez que tous les serveurs de la zone répondent depuis internet avec les mêmes enregistrements, et que rien d’ancien ne reste à _acme-challenge',
  'acme.validation': 'l’autorité {ca} n’a pas accepté la preuve pour {names} ; elle a vu : {saw}',
  'acme.validation.next': 'réparez ce qu’elle a vu, puis « poterne cert renew --dry-run »',
  'acme.self': 'notre propre passerelle, à {at}, ne répond pas à la preuve pour {name} : {seen}',
  'acme.self.next':
    'aucune preuve n’a été tentée, aucune limite n’en souffre ; voyez « poterne status », et si la passerelle sert le nom sur le port 80',
  'acme.certificate': 'le certificat émis par {ca} pour {names} n’est pas celui qui était demandé : {reason}',
  'acme.certificate.next': 'il n’est pas employé ; signalez-le à l’autorité',
  'acme.broken': 'autre chose a échoué pendant la demande à {ca} : {reason}',
  'acme.broken.next': 'une nouvelle tentative aura lieu ; si cela persiste, signalez-le',
  'acme.tell.account': 'enregistrement d’un compte auprès de {ca}',
  'acme.tell.order': 'commande de {names} à {ca}',
  'acme.tell.resumed': 'suite de la commande de {names} à {ca}',
  'acme.tell.proof': 'preuve que {name} est à nous',
  'acme.tell.validation': '{ca} examine les preuves',
  'acme.tell.issue': 'demande du certificat de {names}',
  'acme.tell.obtained': '{names} : certificat obtenu, valable jusqu’au {until}',
  'acme.tell.chain':
    'aucune chaîne ne mène à « {issuer} », mais à : {offered} ; celle que l’autorité préfère est prise',
  'acme.tell.untidy': 'la preuve de {name} n’a pas pu être retirée : {reason}',
  'acme.zone': 'la zone de {name} est introuvable : {reason}',
  'acme.zone.next':
    'voyez que le résolveur de cette machine répond, et que la zone a des enregistrements SOA et NS et ses serveurs des adresses',
  'acme.alias': 'les alias (CNAME) de {name} ne mènent nulle part',
  'acme.alias.next': 'corrigez le CNAME : il mène à un nom d’une zone qui peut être mise à jour',
  'acme.unseen':
    'tous les serveurs de la zone ne montrent pas l’enregistrement TXT {name} après {seconds} s : {seen}',
  'acme.unseen.next':
    'voyez que les changements atteignent les serveurs secondaires (NOTIFY, IXFR) et que cette machine peut les interroger ; aucune preuve n’a été tentée, aucune limite n’en souffre',
  'acme.update.form': '{file} ne contient pas une clé TSIG en base64',
  'acme.update.form.next':
    'copiez ce qui est dans « secret » de la clé du serveur, sans guillemets, sur une ligne',
  'acme.update.unreachable': 'le serveur DNS {server} ne prend pas la mise à jour : {reason}',
  'acme.update.unreachable.next': 'voyez s’il tourne et si cette machine peut atteindre son port TCP',
  'acme.update.key': 'le serveur DNS {server} et nous n’avons pas la même clé {key} : {reason}',
  'acme.update.key.next':
    'comparez nom, algorithme et secret avec ceux du serveur (BADKEY : il ne connaît pas ce nom ; BADSIG : un autre secret)',
  'acme.update.time':
    'les horloges du serveur DNS {server} et de cette machine diffèrent de plus de cinq minutes ({reason})',
  'acme.update.time.next': 'réglez les deux par NTP',
  'acme.update.refused':
    'le serveur DNS {server} ne laisse pas la clé {key} changer {name} dans la zone {zone} : {reason}',
  'acme.update.refused.next':
    'laissez la clé mettre à jour les enregistrements TXT de ce nom (BIND : update-policy ; Knot : acl ; PowerDNS : TSIG-ALLOW-DNSUPDATE, qui refuse aussi de cette façon une clé inconnue, un autre secret et une horloge fausse) ; NOTAUTH : il n’a pas cette zone',
  'acme.hook.missing': 'le programme {program} ne peut pas être lancé : {reason}',
  'acme.hook.missing.next':
    'corrigez son chemin, ou rendez-le exécutable pour le compte qui fait tourner Poterne',
  'acme.hook.failed': '{program} {action} s’est terminé par {status} : {reason}',
  'acme.hook.failed.next':
    'lancez-le à la main avec les mêmes arguments et une valeur ; il doit se terminer par 0',
  'acme.hook.slow': '{program} {action} a pris plus de {seconds} s et a été arrêté : {reason}',
  'acme.hook.slow.next':
    'voyez ce qu’il attend, ou donnez-lui un « timeout » plus long ; Poterne attend lui-même que l’enregistrement soit visible',
  'acme.preflight.unresolved': '{name} n’a pas d’adresse : {reason}',
  'acme.preflight.unresolved.next':
    'créez son enregistrement A (et AAAA) avec l’adresse publique de la passerelle ; connue ici : {ours}',
  'acme.preflight.elsewhere':
    '{name} mène à {address}, où notre passerelle ne répond pas ({seen}) ; les nôtres : {ours}',
  'acme.preflight.elsewhere.next':
    'corrigez l’enregistrement A ou AAAA, ou retirez un AAAA qui ne mène nulle part : les autorités préfèrent IPv6',
  'acme.preflight.port':
    '{name} mène à nous en {address}, mais le port {port} ne peut pas être atteint : {seen}',
  'acme.preflight.port.next':
    'ouvrez-le à tout internet et menez-le à la passerelle ; HTTP-01 ne connaît pas d’autre port',
  'acme.preflight.answer':
    '{name} mène à nous en {address}, mais autre chose répond sur le port {port} : {seen}',
  'acme.preflight.answer.next':
    'voyez ce qui tient le port : un autre serveur web, ou la page de la box ; ou d’abord « poterne apply »',
  'acme.preflight.unproved':
    '{name} mène à {address}, où notre passerelle ne répond pas vue d’ici ({seen}) ; l’adresse publique de la passerelle n’est pas connue',
  'acme.preflight.unproved.next':
    'c’est courant derrière un routeur qui ne ramène pas sa propre adresse ; voyez de l’extérieur que le port {port} atteint la passerelle, et décrivez ses adresses publiques',
  'acme.preflight.caa':
    'les enregistrements CAA de {at} ne permettent pas à {ca} de certifier {name} : {records}',
  'acme.preflight.caa.next': 'ajoutez-y : CAA 0 issue "{identity}" (issuewild pour un nom générique)',
  'acme.preflight.caa.unanswered':
    'la zone de {name} ne répond pas au sujet des enregistrements CAA : {reason}',
  'acme.preflight.caa.unanswered.next':
    'les autorités refusent alors : réparez les serveurs de la zone, ou son DNSSEC',
  'acme.preflight.clock': 'l’horloge de cette machine diffère de {direction}{seconds} s de celle de {ca}',
  'acme.preflight.clock.next': 'réglez-la par NTP : timedatectl set-ntp true',
};
