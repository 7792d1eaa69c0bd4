import type { wafLiving as english } from '../en/waf-living.ts';

/** Les textes de la vie avec le pare-feu applicatif : ce qu’il a trouvé, et comment on le règle. */
export const wafLiving: Readonly<Record<keyof typeof english, string>> = {
  'waf.name': 'la publication, par son nom',
  'waf.name.missing': 'quelle publication ?',
  'waf.name.missing.next':
    'poterne waf report NOM, ou --reference avec le numéro que lit une personne bloquée',
  'waf.unserved': 'aucune passerelle ne sert quoi que ce soit depuis {state}',
  'waf.unserved.next':
    'nommez la description de la passerelle avec --site, ou son dossier d’état avec --state',
  'waf.gateway': '{host} n’a pas dit ce que son pare-feu a trouvé : {reason}',
  'waf.gateway.next': 'poterne apply apporte à {host} le Poterne de cette machine',
  'waf.family.body': 'Le corps de la requête n’est pas lisible comme ce qu’il dit être.',
  'waf.family.method': 'Une méthode HTTP qui n’est pas permise.',
  'waf.family.scanner': 'Un programme qui cherche des faiblesses.',
  'waf.family.protocol': 'Une requête qui n’est pas formée comme le font les navigateurs.',
  'waf.family.smuggling': 'Une tentative de cacher une requête ou un en-tête dans un autre.',
  'waf.family.multipart': 'Un formulaire avec fichiers qui n’est pas formé comme il devrait.',
  'waf.family.files': 'Une tentative de lire des fichiers du serveur.',
  'waf.family.inclusion': 'Une tentative de faire charger à l’application quelque chose d’ailleurs.',
  'waf.family.commands': 'Des commandes pour le système, dans ce qui a été envoyé.',
  'waf.family.php': 'Du code PHP, dans ce qui a été envoyé.',
  'waf.family.code': 'Du code de programme, dans ce qui a été envoyé.',
  'waf.family.script': 'Un script pour les navigateurs des autres, dans ce qui a été envoyé (XSS).',
  'waf.family.sql': 'Des commandes pour une base de données, dans ce qui a été envoyé (injection SQL).',
  'waf.family.session': 'Une tentative de fixer la session de quelqu’un.',
  'waf.family.java': 'Du code Java, dans ce qui a été envoyé.',
  'waf.family.leak': 'La réponse dit ce qui devrait rester à l’intérieur.',
  'waf.family.shell': 'La réponse ressemble à la page d’un « web shell ».',
  'waf.family.other': 'Quelque chose que cherche une règle à vous.',
  'waf.report.about': 'ce qui a été bloqué, ou l’aurait été : par règle, chemin et paramètre',
  'waf.report.usage': '[nom] [options]',
  'waf.report.reference': 'montre la requête de cette référence : une personne bloquée la lit',
  'waf.report.all': 'montre tous les groupes, et pas seulement les {count} premiers',
  'waf.report.no-names': 'dit combien de personnes c’était, et non qui',
  'waf.people.all':
    '{count} {count|personne connectée|personnes connectées}, pour {requests} des requêtes : {names}.',
  'waf.people.among': '{count} personnes connectées, pour {requests} des requêtes, dont {names}.',
  'waf.people.unnamed':
    '{count} {count|personne connectée|personnes connectées}, pour {requests} des requêtes.',
  'waf.people.none': 'Personne qui fût connecté.',
  'waf.people.token': '{who}, par le jeton {token}',
  'waf.people.many': 'il y a plus de requêtes et de sessions que ce qui se distingue ; --since restreint',
  'waf.people.unknown': 'Qui était connecté n’est pas connu pour toutes : {reason}',
  'waf.event.person': 'Connecté : {who}.',
  'waf.report.observe':
    '{name} est en observation. Depuis {since}, {would} {would|requête aurait été bloquée|requêtes auraient été bloquées}.',
  'waf.report.observe.before': 'Avant l’observation, {blocked} {blocked|a été bloquée|ont été bloquées}.',
  'waf.report.block':
    '{name} bloque. Depuis {since}, {blocked} {blocked|requête a été bloquée|requêtes ont été bloquées}.',
  'waf.report.block.before':
    'Pendant l’observation, {would} {would|aurait été bloquée|auraient été bloquées}.',
  'waf.report.below': '{below} de plus {below|a|ont} touché une règle sans atteindre le seuil.',
  'waf.report.unfinished':
    'Dans {count} d’entre elles, tant a été trouvé que les familles de règles suivantes n’ont pas été interrogées : ce qu’elles contenaient d’autre n’est pas dit.',
  'waf.report.span':
    'La première à {first}, la dernière à {last}, depuis {addresses} {addresses|adresse|adresses}.',
  'waf.report.once': 'À {first}, depuis {addresses} {addresses|adresse|adresses}.',
  'waf.report.more': '{count} {count|groupe de plus : --all le montre|groupes de plus : --all les montre}.',
  'waf.report.others':
    '{count} {count|groupe de plus, de peu de requêtes, n’a pas été distingué|groupes de plus, de peu de requêtes chacun, n’ont pas été distingués}.',
  'waf.report.broken':
    '{broken} {broken|ligne|lignes} sur {lines} {broken|est illisible|sont illisibles}, et {cut} {cut|était trop longue|étaient trop longues} : ce qui y a touché une règle n’est pas compté.',
  'waf.report.next': 'là où ces requêtes étaient honnêtes : poterne waf tune {name} --reference ID',
  'waf.report.nothing': 'Aucune règle n’a été touchée. Si quelqu’un est venu, le journal des accès le dit.',
  'waf.reference.form': '« {reference} » n’est pas une référence : elle a 32 chiffres et lettres de a à f',
  'waf.reference.form.next':
    'elle est sur la page de qui est bloqué, et à côté des exemples de poterne waf report NOM',
  'waf.reference.unknown': 'le journal du pare-feu ne connaît pas {reference}',
  'waf.reference.unknown.next':
    'comparez avec ce que dit la page ; les journaux sont gardés 14 jours, et d’autres refus ont aussi un numéro',
  'waf.event.blocked': '{at} : bloquée : {method} {path} de {publication}, depuis {address}',
  'waf.event.would': '{at} : aurait été bloquée : {method} {path} de {publication}, depuis {address}',
  'waf.event.below': '{at} : passée : {method} {path} de {publication}, depuis {address}',
  'waf.event.score': 'Score d’anomalie {score}, de la réponse {outbound}.',
  'waf.event.unfinished':
    'Tant y a été trouvé que les familles de règles suivantes n’ont pas été interrogées : ce que la requête contenait d’autre n’est pas dit.',
  'waf.event.cut':
    'Le journal ne dit pas ce qui a touché une règle : la ligne est trop longue, ou la question de la passerelle a été imitée.',
  'waf.group.says': 'la règle : {message}',
  'waf.group.in': 'dans : {target}',
  'waf.group.counts': 'depuis {addresses} {addresses|adresse|adresses}, de {first} à {last}',
  'waf.group.once': 'depuis {addresses} {addresses|adresse|adresses}, à {first}',
  'waf.group.blocked': 'dont {blocked} {blocked|bloquée|bloquées}',
  'waf.example': '{request}  {value}',
  'waf.example.value': 'il y avait (masqué) : {value}',
  'waf.tune.about':
    'propose l’exclusion la plus étroite pour une requête refusée à tort, et dit ce qu’elle coûte',
  'waf.tune.usage': '<nom> (--reference ID | --rule N --path P [--parameter Q]) [options]',
  'waf.tune.reference': 'la requête refusée, ou qui l’aurait été, par sa référence',
  'waf.tune.rule': 'l’identifiant de la règle, comme le rapport le dit',
  'waf.tune.path': 'le chemin sous lequel elle se trompe ; tout ce qui est dessous s’il finit par « / »',
  'waf.tune.parameter': 'le paramètre, ou autre chose dans les mots du rapport (REQUEST_COOKIES:theme)',
  'waf.tune.request':
    'un fichier avec la requête telle qu’envoyée (ligne de requête, en-têtes, corps), pour prouver qu’elle passe',
  'waf.tune.samples':
    'les échantillons d’attaques pour peser, au format des tests de régression du CRS (par défaut : ceux de Poterne)',
  'waf.tune.proposal': 'le numéro de la proposition qu’écrit --write (par défaut 1)',
  'waf.tune.why': 'la raison écrite à côté de l’exclusion',
  'waf.tune.write': 'écrit la proposition dans la description',
  'waf.tune.what': 'que faut-il laisser passer ?',
  'waf.tune.what.next': 'poterne waf tune NOM --reference ID, ou --rule N --path P --parameter Q',
  'waf.tune.form': '« {value} » ne peut être {what} d’une exclusion',
  'waf.tune.form.next':
    'une règle est un nombre, un chemin commence par « / », et une cible est ARGS:nom, REQUEST_COOKIES:nom, REQUEST_HEADERS:nom ou FILES:nom',
  'waf.tune.sum': 'la règle {rule} additionne ce que d’autres ont trouvé : sans elle, plus rien n’est refusé',
  'waf.tune.sum.next': 'donnez la référence d’une requête : les règles qui ont fait sa somme sont proposées',
  'waf.tune.rule.unknown': 'le pare-feu n’a pas de règle {rule}',
  'waf.tune.rule.unmatched':
    'aussi loin que va le journal, la règle {rule} n’a rien trouvé dans les requêtes de {name}',
  'waf.tune.rule.matched.next':
    'celles qui ont trouvé quelque chose, avec le nombre de requêtes : {rules} ; poterne waf report {name} dit où. Donnez une requête que la règle refuse avec --request',
  'waf.tune.rule.none.next':
    'aucune règle n’a rien trouvé dans {name} jusqu’ici : donnez la requête qui est refusée, avec --request',
  'waf.tune.cut':
    'la ligne du journal pour {reference} est trop longue : ce qui a touché une règle n’est pas connu',
  'waf.tune.cut.next':
    'poterne waf report montre des requêtes semblables ; réglez avec --rule, --path et --parameter',
  'waf.tune.other': '{reference} est une requête de {other}, pas de {name}',
  'waf.tune.nothing': 'aucune règle n’est dite pour {reference} : il n’y a rien à exclure',
  'waf.tune.samples.missing': 'il n’y a pas d’échantillons d’attaques dans {path}',
  'waf.tune.request.missing': '{file} est illisible : {reason}',
  'waf.tune.proposal.form': 'il n’y a pas de proposition {value} : il y en a {count}',
  'waf.tune.edit': 'la publication n’est pas écrite dans {file} d’une manière qui se complète',
  'waf.tune.edit.next': 'écrivez-le vous-même, sous waf de la publication :\n{text}',
  'waf.tune.refused': 'la description ne tiendrait pas avec cette exclusion : {reason}',
  'waf.tune.default': 'refusé à tort ({what})',
  'waf.tune.progress': '{done} attaques pesées sur {total}',
  'waf.tune.found': 'Refusée sous {path} : {rules}.',
  'waf.tune.narrow': 'Proposition {number} : à cet endroit, sous ce seul chemin.',
  'waf.tune.below': 'Proposition {number} : à cet endroit, sous tous les chemins de cette sorte.',
  'waf.tune.off': 'Proposition {number} : éteinte sous ce chemin, quoi qu’on y envoie.',
  'waf.tune.exclusion': '  règle {rule} sous {path}{target}',
  'waf.tune.mistake.passes.sent': '  La requête, renvoyée comme le journal l’a, passe.',
  'waf.tune.mistake.passes.rebuilt': '  La requête, refaite avec les valeurs du journal, passe.',
  'waf.tune.mistake.passes.given': '  La requête du fichier passe.',
  'waf.tune.mistake.refused': '  La requête est encore refusée : cela ne suffit pas.',
  'waf.tune.mistake.unproved':
    '  La requête, renvoyée, n’est pas refusée dans l’état actuel : qu’elle passerait ne prouve rien. Donnez-la avec --request.',
  'waf.tune.mistake.unknown':
    '  Le journal n’a pas ce qui a été envoyé : qu’elle passe n’est pas prouvé. Donnez-la avec --request.',
  'waf.tune.cost':
    '  Sur {attacks} {attacks|attaque|attaques} dans {target}, {refused} {refused|est refusée|sont refusées} aujourd’hui ; {opened} d’entre elles {opened|passerait|passeraient}{names}',
  'waf.tune.names': ' : {names}',
  'waf.tune.elsewhere':
    '  Sur {refused} {refused|refusée|refusées} dans un paramètre voisin ou sous un chemin voisin, {opened} {opened|passerait|passeraient}.',
  'waf.tune.next': 'pour l’écrire : la même commande avec --write (et --proposal N pour une autre)',
  'waf.tune.written': 'Écrit dans {file}.',
  'waf.tune.then': 'poterne plan {file}',
  'waf.enforce.unknown': '{name} va bloquer, et sa passerelle n’a pas dit ce qui a été observé',
  'waf.enforce.unseen': '{name} va bloquer, et aucun trafic n’a été observé : 0 requête',
  'waf.enforce.unresolved':
    '{name} va bloquer : sur {requests} {requests|requête|requêtes} en {days} {days|jour|jours}, {wouldBlock} {wouldBlock|aurait été bloquée|auraient été bloquées}, et {unresolved} le {unresolved|serait|seraient} encore ; la dernière à {last}, par les règles {rules}',
  'waf.enforce.resolved':
    '{name} va bloquer : sur {requests} {requests|requête|requêtes} en {days} {days|jour|jours}, {wouldBlock} {wouldBlock|aurait été bloquée|auraient été bloquées} ; les exclusions de la description les laissent toutes passer',
  'waf.enforce.clean':
    '{name} va bloquer : sur {requests} {requests|requête|requêtes} en {days} {days|jour|jours}, aucune n’aurait été bloquée',
  'waf.enforce.hint':
    'poterne waf report {name} montre ce qui serait bloqué ; mode: observe continue de regarder',
};
