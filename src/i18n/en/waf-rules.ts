/** The web application firewall's rules: what is wrong with them, or with what a description says of them. */
export const wafRules = {
  'waf.module.missing':
    'nginx’s module for ModSecurity is not installed: publications with a web application firewall refuse',
  'waf.module.missing.hint':
    'scripts/ensure-debian-packages.sh libnginx-mod-http-modsecurity modsecurity-crs',
  'waf.rules.missing': 'there are no rules in {folder}: publications with a web application firewall refuse',
  'waf.rules.unreadable':
    'the rules in {folder} cannot be read ({reason}): publications with a web application firewall refuse',
  'waf.rules.none':
    '{folder} holds no OWASP Core Rule Set: publications with a web application firewall refuse',
  'waf.rules.digest':
    'the rules in {folder} have the digest {digest}, not {wanted}: publications with a web application firewall refuse',
  'waf.rules.hint': 'name the folder of a release; poterne waf rules FOLDER tells what is in one',
  'waf.rules.debian.hint':
    'scripts/ensure-debian-packages.sh modsecurity-crs, or bring rules of your own (waf.rules)',
  'waf.rules.digest.hint':
    'somebody changed the rules: bring back the ones that you chose, or look at these and write their digest (poterne waf rules FOLDER)',
} as const;
