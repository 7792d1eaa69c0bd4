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
  'waf.rules.unpinned':
    'the rules in {folder} are not pinned: whoever can write there decides what is refused',
  'waf.rules.unpinned.hint': 'beside it, sha256: {digest}, once you have looked at them',
  'waf.scenario': '"{name}" says how its web application firewall works, and has none',
  'waf.scenario.hint': 'scenario: proxy+waf gives it one',
  'waf.skip.all': '"{path}" is everything: nothing would be looked at',
  'waf.skip.all.hint':
    'scenario: proxy is a publication without a web application firewall; mode: observe refuses nothing',
  'waf.skip.regex':
    '"{path}" is answered by a route that is a regular expression, where nothing can be skipped',
  'waf.skip.regex.hint': 'a route by its prefix can be; or exclude rules there',
  'waf.uploads':
    'what is sent to "{path}" is looked at whole, and kept in memory meanwhile: large uploads of many people at once can use it up',
  'waf.uploads.hint': 'name the path where files are sent under waf.skip, or allow less',
  'waf.application.unknown': 'the rules ({version}) know no application "{name}"',
  'waf.exclusion.unknown': 'the rules ({version}) have no rule {rule}',
  'waf.exclusion.unknown.hint': 'poterne waf report tells the ids of what matched',
  'waf.exclusion.all':
    'without rule {rule} nothing would be refused any more: it sets up, or adds up what the others find',
  'waf.exclusion.all.hint': 'exclude the rules that matched, as poterne waf report tells them',
  'waf.rules.folder.missing': 'there is no folder {folder}',
  'waf.rules.folder.unreadable': '{folder} cannot be read ({reason})',
  'waf.rules.folder.none': '{folder} holds no OWASP Core Rule Set',
  'waf.rules.folder.next':
    'name the folder of an unpacked release, which has "rules" and "crs-setup.conf.example" in it (https://github.com/coreruleset/coreruleset/releases); without a folder, Debian’s are told of',
  'waf.rules.about': 'which rules a folder has, and the digest that pins them',
  'waf.rules.usage': '[folder] [options]',
  'waf.rules.folder': "folder of an OWASP Core Rule Set (default: Debian's)",
  'waf.rules.told.folder': 'folder',
  'waf.rules.told.version': 'version',
  'waf.rules.told.sha256': 'sha256',
  'waf.rules.told.files': 'files',
  'waf.rules.told.rules': 'rules',
  'waf.rules.told.applications': 'applications',
  'waf.cost.looks':
    '"{name}" has its requests looked at: each costs 1 to 4 ms of a processor more (a page 1, a form of twenty fields 4)',
  'waf.cost.looks.hint': 'paths under waf.skip cost next to nothing: static files, health checks',
  'waf.cost.paranoia':
    '"{name}" is looked at at level {level}: half as much time again, up to twice as much at level 4, and more honest requests that are mistaken; observe it first',
  'waf.cost.answers':
    '"{name}" has its answers looked at: about 0.5 ms more for 10 KB, the service is asked not to compress them, and one that is refused is cut off',
  'waf.cost.less': 'the firewall of "{name}" refuses less than it did',
} as const;
