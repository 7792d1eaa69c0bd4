import type { wafRules as en } from '../en/waf-rules.ts';

export const wafRules = {
  'waf.module.missing':
    'le module de nginx pour ModSecurity n’est pas installé : les publications avec pare-feu applicatif refusent',
  'waf.module.missing.hint':
    'scripts/ensure-debian-packages.sh libnginx-mod-http-modsecurity modsecurity-crs',
  'waf.rules.missing':
    'il n’y a pas de règles dans {folder} : les publications avec pare-feu applicatif refusent',
  'waf.rules.unreadable':
    'les règles de {folder} ne peuvent être lues ({reason}) : les publications avec pare-feu applicatif refusent',
  'waf.rules.none':
    '{folder} ne contient pas d’OWASP Core Rule Set : les publications avec pare-feu applicatif refusent',
  'waf.rules.digest':
    'les règles de {folder} ont l’empreinte {digest}, et non {wanted} : les publications avec pare-feu applicatif refusent',
  'waf.rules.hint':
    'nommez le dossier d’une version ; poterne waf rules DOSSIER dit ce qu’il y a dans un dossier',
  'waf.rules.debian.hint':
    'scripts/ensure-debian-packages.sh modsecurity-crs, ou apportez vos propres règles (waf.rules)',
  'waf.rules.digest.hint':
    'quelqu’un a changé les règles : remettez celles que vous aviez choisies, ou regardez celles-ci et écrivez leur empreinte (poterne waf rules DOSSIER)',
  'waf.rules.unpinned':
    'les règles de {folder} ne sont pas épinglées : qui peut y écrire décide de ce qui est refusé',
  'waf.rules.unpinned.hint': 'à côté, sha256: {digest}, une fois que vous les avez regardées',
  'waf.scenario': '« {name} » dit comment fonctionne son pare-feu applicatif, et n’en a pas',
  'waf.scenario.hint': 'scenario: proxy+waf lui en donne un',
  'waf.skip.all': '« {path} », c’est tout : rien ne serait examiné',
  'waf.skip.all.hint':
    'scenario: proxy est une publication sans pare-feu applicatif ; mode: observe ne refuse rien',
  'waf.skip.regex': '« {path} » relève d’une route en expression rationnelle, où rien ne peut être sauté',
  'waf.skip.regex.hint': 'c’est possible sous une route par préfixe ; ou excluez des règles à cet endroit',
  'waf.uploads':
    'ce qui est envoyé à « {path} » est examiné en entier, et gardé en mémoire pendant ce temps : de gros envois simultanés peuvent l’épuiser',
  'waf.uploads.hint': 'nommez sous waf.skip le chemin où l’on envoie des fichiers, ou permettez moins',
  'waf.application.unknown': 'les règles ({version}) ne connaissent pas d’application « {name} »',
  'waf.exclusion.unknown': 'les règles ({version}) n’ont pas de règle {rule}',
  'waf.exclusion.unknown.hint': 'poterne waf report donne les numéros de ce qui a été trouvé',
  'waf.exclusion.all':
    'sans la règle {rule}, plus rien ne serait refusé : elle prépare, ou additionne ce que trouvent les autres',
  'waf.exclusion.all.hint':
    'excluez les règles qui ont trouvé quelque chose, telles que poterne waf report les donne',
  'waf.rules.folder.missing': 'il n’y a pas de dossier {folder}',
  'waf.rules.folder.unreadable': '{folder} est illisible ({reason})',
  'waf.rules.folder.none': '{folder} ne contient pas de Core Rule Set de l’OWASP',
  'waf.rules.folder.next':
    'nommez le dossier d’une version décompressée, qui contient « rules » et « crs-setup.conf.example » (https://github.com/coreruleset/coreruleset/releases) ; sans dossier, ce sont celles de Debian',
  'waf.rules.about': 'quelles règles contient un dossier, et l’empreinte qui les épingle',
  'waf.rules.usage': '[dossier] [options]',
  'waf.rules.folder': 'dossier d’un OWASP Core Rule Set (par défaut : celui de Debian)',
  'waf.rules.told.folder': 'dossier',
  'waf.rules.told.version': 'version',
  'waf.rules.told.sha256': 'sha256',
  'waf.rules.told.files': 'fichiers',
  'waf.rules.told.rules': 'règles',
  'waf.rules.told.applications': 'applications',
  'waf.cost.looks':
    'les requêtes de « {name} » sont examinées : chacune coûte 1 à 4 ms de processeur en plus (une page 1, un formulaire de vingt champs 4)',
  'waf.cost.looks.hint':
    'les chemins sous waf.skip ne coûtent presque rien : fichiers statiques, sondes de santé',
  'waf.cost.paranoia':
    '« {name} » est examinée au niveau {level} : moitié plus de temps, jusqu’au double au niveau 4, et plus de requêtes honnêtes prises pour des attaques ; observez d’abord',
  'waf.cost.answers':
    'les réponses de « {name} » sont examinées : environ 0,5 ms de plus pour 10 Ko, le service est prié de ne pas les compresser, et celle qui est refusée est coupée',
  'waf.cost.less': 'le pare-feu de « {name} » refuse moins qu’avant',
} as const satisfies Record<keyof typeof en, string>;
