import type { wafCrs as en } from '../en/waf-crs.ts';

export const wafCrs: Record<keyof typeof en, string> = {
  'waf.about': 'ce que trouve le pare-feu applicatif, et ses tests',
  'waf.crs.about':
    'envoie à travers un service publié les tests de l’OWASP Core Rule Set, ou les vôtres dans ce format, et juger son pare-feu d’après eux',
  'waf.crs.usage': '<chemin> --publication NOM [options]',
  'waf.crs.path':
    'un fichier de tests, ou un dossier qui en contient (.yaml ; formats de CRS 3.3 et de CRS 4)',
  'waf.crs.publication':
    'la publication à travers laquelle ils sont envoyés ; son service doit être là pour être attaqué',
  'waf.crs.only': 'seulement les tests dont le nom correspond à cette expression rationnelle',
  'waf.crs.wait': 'combien de secondes une réponse peut prendre (5 par défaut)',
  'waf.crs.width': 'combien de connexions à la fois (8 par défaut)',
  'waf.crs.missing': 'il n’y a ni fichier ni dossier {path}',
  'waf.crs.none': 'aucun test dans {path}, ou aucun que désigne --only',
  'waf.crs.unserved': 'rien n’est appliqué dans {state}',
  'waf.crs.unserved.next':
    'appliquez d’abord une description ici, avec une publication de scénario proxy+waf pour les tests',
  'waf.unwatched': '{name} n’a pas de pare-feu applicatif',
  'waf.unwatched.next': 'donnez à la publication `scenario: proxy+waf` et appliquez',
  'waf.crs.stopping': 'Plus aucun test n’est envoyé ; ce qui a été répondu est jugé.',
  'waf.crs.progress': '{done} tests envoyés sur {total}',
  'waf.crs.counts':
    '{passed} {passed|réussi|réussis}, {failed} en échec, {skipped} {skipped|laissé|laissés} de côté',
  'waf.crs.column.test': 'test',
  'waf.crs.column.reason': 'pourquoi il échoue',
  'waf.crs.column.expected': 'attendu',
  'waf.crs.column.seen': 'vu',
  'waf.crs.column.place': 'endroit',
  'waf.crs.reason.unmatched': 'une règle attendue ne s’est pas déclenchée',
  'waf.crs.reason.refused-before': 'refusé par nginx avant les règles',
  'waf.crs.reason.matched': 'une règle s’est déclenchée à tort',
  'waf.crs.reason.status': 'un autre statut',
  'waf.crs.reason.content': 'un autre contenu',
  'waf.crs.reason.answer': 'une réponse, ou aucune',
  'waf.crs.reason.mistake': 'le test est illisible',
};
