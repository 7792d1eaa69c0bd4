import type { apply as en } from '../en/apply.ts';

/** Messages de `apply` : code → texte ; `{nom}` tient la place d'une valeur. */
export const apply = {
  'apply.accepted': '{engine} accepte la configuration {hash}',
  'apply.certificates': '{count} {count|certificat émis|certificats émis} par l’autorité de Poterne',
  'apply.damaged':
    'la configuration active ({folder}) n’est plus telle que Poterne l’a écrite ; elle est réécrite',
  'apply.reloaded': '{engine} rechargé ; ses nouveaux processus servent',
  'apply.started': '{engine} démarré et en service',
  'apply.unchanged': 'rien à changer : cette configuration est déjà en service',
  'engine.refused': '{engine} refuse la configuration : {text}',
  'engine.refused.next': 'rien n’a été modifié : ce qui était servi l’est toujours',
  'engine.refused.publication': '{engine} refuse « {name} » : {text}',
  'engine.refused.lack':
    '« {name} » ne peut être servi : ce qu’il lui faut manque, ou n’est pas ce qui a été choisi',
  'engine.refused.kept':
    '« {name} » garde sa dernière bonne version et les autres continuent ; corrigez cette ligne et appliquez à nouveau',
  'engine.refused.stand-in':
    '« {name} » répond 503 en attendant et les autres continuent ; corrigez cette ligne et appliquez à nouveau',
  'engine.refused.closed':
    'plus rien ne répond pour « {name} » en attendant et les autres continuent ; corrigez cette ligne et appliquez à nouveau',
  'engine.start.failed': '{engine} ne démarre pas : {said}',
  'engine.unconfirmed':
    '{engine} a accepté la configuration mais ne la sert pas ; la dernière bonne a été remise (voir {log})',
  'engine.warned': '{engine} avertit : {text}',
  'gateway.address.absent': 'cette machine n’a pas l’adresse {address}',
  'gateway.address.absent.next':
    'voyez ses adresses avec « ip address », et corrigez « listen: » sous « gateway: » ; rien n’a été modifié',
  'gateway.damaged': 'ce qui a été appliqué en dernier dans {state} est abîmé et ne peut pas démarrer',
  'gateway.damaged.next': 'lancez « poterne apply site.yaml », qui le réécrit',
  'gateway.empty': 'rien n’a encore été appliqué dans {state}',
  'gateway.empty.next': 'lancez d’abord « poterne apply site.yaml »',
  'gateway.port.busy': 'le port {port} de {address} est pris par un autre programme',
  'gateway.port.busy.next':
    'voyez lequel avec « ss -ltnp sport = :{port} », ou choisissez un autre port sous « gateway: »',
  'gateway.port.denied': 'le port {port} de {address} demande plus de droits que ce compte n’en a',
  'gateway.port.denied.next':
    'lancez la commande en root, ou choisissez sous « gateway: » un port au-dessus de 1023 au lieu de {port}',
  'host.command.missing': 'le programme « {program} » n’est pas installé ici',
  'lock.held': 'un autre Poterne travaille dans {folder}',
  'state.unwritable': '{folder} ne peut pas être écrit : {reason}',
  'state.unwritable.next':
    'ce qui était servi l’est toujours ; libérez de la place ou réparez le disque, puis appliquez à nouveau',
  'store.unusable': 'la base {file} est inutilisable : {reason}',
} as const satisfies Record<keyof typeof en, string>;
