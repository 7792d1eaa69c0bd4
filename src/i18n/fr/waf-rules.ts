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
} as const satisfies Record<keyof typeof en, string>;
