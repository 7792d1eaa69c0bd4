/** Texts of living with the web application firewall: what it found, and how it is tuned. */
export const wafLiving = {
  'waf.name': 'the publication, by its name',
  'waf.name.missing': 'which publication?',
  'waf.name.missing.next':
    'poterne waf report NAME, or --reference with the number that a blocked person reads out',
  'waf.unserved': 'no gateway serves anything from {state}',
  'waf.unserved.next': 'name the description of the gateway with --site, or its state folder with --state',
  'waf.gateway': '{host} did not say what its firewall found: {reason}',
  'waf.gateway.next': 'poterne apply brings {host} the Poterne of this machine',
  // What rules take a request for.
  'waf.family.body': 'The body of the request cannot be read as what it says it is.',
  'waf.family.method': 'An HTTP method that is not allowed.',
  'waf.family.scanner': 'A program that looks for weaknesses.',
  'waf.family.protocol': 'A request that is not formed as browsers form it.',
  'waf.family.smuggling': 'An attempt to hide a request or a header in another.',
  'waf.family.multipart': 'A form with files that is not formed as it should be.',
  'waf.family.files': 'An attempt to read files of the server.',
  'waf.family.inclusion': 'An attempt to make the application load something from elsewhere.',
  'waf.family.commands': 'Commands for the system, in what was sent.',
  'waf.family.php': 'PHP code, in what was sent.',
  'waf.family.code': 'Program code, in what was sent.',
  'waf.family.script': 'A script for other people’s browsers, in what was sent (XSS).',
  'waf.family.sql': 'Commands for a database, in what was sent (SQL injection).',
  'waf.family.session': 'An attempt to set somebody’s session.',
  'waf.family.java': 'Java code, in what was sent.',
  'waf.family.leak': 'The answer tells what should stay inside.',
  'waf.family.shell': 'The answer looks like the page of a web shell.',
  'waf.family.other': 'Something that a rule of your own looks for.',
  // The report.
  'waf.report.about': 'what was blocked, or would have been: by rule, path and parameter',
  'waf.report.usage': '[name] [options]',
  'waf.report.reference': 'show the one request of this reference: a blocked person reads it out',
  'waf.report.all': 'show all groups, not only the first {count}',
  'waf.report.no-names': 'say how many people there were, and not who',
  'waf.people.all': '{count} {count|person|people} signed in, with {requests} of the requests: {names}.',
  'waf.people.among': '{count} people signed in, with {requests} of the requests, among them {names}.',
  'waf.people.unnamed': '{count} {count|person|people} signed in, with {requests} of the requests.',
  'waf.people.none': 'Nobody who was signed in.',
  'waf.people.token': '{who}, by the token {token}',
  'waf.people.many': 'there are more requests and sessions than are kept apart; --since narrows it',
  'waf.people.unknown': 'Who was signed in is not known of all: {reason}',
  'waf.event.person': 'Signed in: {who}.',
  'waf.report.observe':
    '{name} is observed. Since {since}, {would} {would|request|requests} would have been blocked.',
  'waf.report.observe.before': 'Before it was observed, {blocked} {blocked|was|were} blocked.',
  'waf.report.block': '{name} blocks. Since {since}, {blocked} {blocked|request was|requests were} blocked.',
  'waf.report.block.before': 'While it was observed, {would} would have been blocked.',
  'waf.report.below': '{below} more matched a rule without reaching the threshold.',
  'waf.report.unfinished':
    'In {count} of them so much was found that further families of rules were not asked: what else they held is not told.',
  'waf.report.span':
    'The first at {first}, the last at {last}, from {addresses} {addresses|address|addresses}.',
  'waf.report.once': 'At {first}, from {addresses} {addresses|address|addresses}.',
  'waf.report.more': '{count} more {count|group: --all shows it|groups: --all shows them}.',
  'waf.report.others':
    '{count} more {count|group with few requests was|groups with few requests each were} not told apart.',
  'waf.report.broken':
    '{broken} of {lines} {lines|line|lines} could not be read, and {cut} {cut|was|were} too long: what matched there is not counted.',
  'waf.report.next': 'where these were honest requests: poterne waf tune {name} --reference ID',
  'waf.report.nothing': 'No rule matched. Whether anybody came stands in the access log.',
  'waf.reference.form': '"{reference}" is no reference: it has 32 digits and letters from a to f',
  'waf.reference.form.next':
    'it stands on the page of who is blocked, and beside the examples of poterne waf report NAME',
  'waf.reference.unknown': 'the log of the firewall does not know {reference}',
  'waf.reference.unknown.next':
    'compare it with what the page says; logs are kept for 14 days, and other refusals have a number too',
  'waf.event.blocked': '{at}: blocked: {method} {path} of {publication}, from {address}',
  'waf.event.would': '{at}: would have been blocked: {method} {path} of {publication}, from {address}',
  'waf.event.below': '{at}: let through: {method} {path} of {publication}, from {address}',
  'waf.event.score': 'Anomaly score {score}, of the answer {outbound}.',
  'waf.event.unfinished':
    'So much was found that further families of rules were not asked: what else it held is not told.',
  'waf.event.cut':
    'The log does not tell what matched: the line is too long, or the gateway’s own question was imitated.',
  'waf.group.says': 'the rule: {message}',
  'waf.group.in': 'in: {target}',
  'waf.group.counts': 'from {addresses} {addresses|address|addresses}, {first} to {last}',
  'waf.group.once': 'from {addresses} {addresses|address|addresses}, at {first}',
  'waf.group.blocked': '{blocked} of them blocked',
  'waf.example': '{request}  {value}',
  'waf.example.value': 'there stood (masked): {value}',
  // Tuning.
  'waf.tune.about':
    'propose the narrowest exclusion for a request that was refused by mistake, and say what it costs',
  'waf.tune.usage': '<name> (--reference ID | --rule N --path P [--parameter Q]) [options]',
  'waf.tune.reference': 'the request that was refused, or would have been, by its reference',
  'waf.tune.rule': 'the id of the rule, as the report tells it',
  'waf.tune.path': 'the path under which it is mistaken; all below when it ends with "/"',
  'waf.tune.parameter': 'the parameter, or what else in the words of the report (REQUEST_COOKIES:theme)',
  'waf.tune.request':
    'a file with the request as it was sent (request line, headers, body), to prove that it passes',
  'waf.tune.samples':
    'attack samples to weigh with, in the format of the CRS’s regression tests (default: Poterne’s own)',
  'waf.tune.proposal': 'the number of the proposal that --write writes (default 1)',
  'waf.tune.why': 'the reason that is written beside the exclusion',
  'waf.tune.write': 'write the proposal into the description',
  'waf.tune.what': 'what is to be let through?',
  'waf.tune.what.next': 'poterne waf tune NAME --reference ID, or --rule N --path P --parameter Q',
  'waf.tune.form': '"{value}" cannot stand in an exclusion as {what}',
  'waf.tune.form.next':
    'a rule is a number, a path begins with "/", and a target is ARGS:name, REQUEST_COOKIES:name, REQUEST_HEADERS:name or FILES:name',
  'waf.tune.sum': 'rule {rule} adds up what others found: without it, nothing is refused any more',
  'waf.tune.sum.next': 'give the reference of a request: the rules that made its sum are proposed',
  'waf.tune.rule.unknown': 'the firewall has no rule {rule}',
  'waf.tune.rule.unmatched': 'as far back as the log goes, rule {rule} found nothing in requests of {name}',
  'waf.tune.rule.matched.next':
    'rules that did, with the number of requests: {rules}; poterne waf report {name} says where. Give a request that a rule refuses with --request',
  'waf.tune.rule.none.next':
    'no rule found anything in {name} so far: give the request that is refused, with --request',
  'waf.tune.cut': 'the log’s line of {reference} is too long: what matched is not known',
  'waf.tune.cut.next': 'poterne waf report shows requests like it; tune with --rule, --path and --parameter',
  'waf.tune.other': '{reference} is a request of {other}, not of {name}',
  'waf.tune.nothing': 'no rule is told of for {reference}: nothing can be left out',
  'waf.tune.samples.missing': 'there are no attack samples in {path}',
  'waf.tune.request.missing': '{file} cannot be read: {reason}',
  'waf.tune.proposal.form': 'there is no proposal {value}: there {count|is|are} {count}',
  'waf.tune.edit': 'the publication is not written in {file} in a way that can be added to',
  'waf.tune.edit.next': 'write it yourself, under waf of the publication:\n{text}',
  'waf.tune.refused': 'the description would not hold with this exclusion: {reason}',
  'waf.tune.default': 'refused by mistake ({what})',
  'waf.tune.progress': '{done} of {total} attacks weighed',
  'waf.tune.found': 'Refused under {path}: {rules}.',
  'waf.tune.narrow': 'Proposal {number}: in this place, under this path alone.',
  'waf.tune.below': 'Proposal {number}: in this place, under all paths of its kind.',
  'waf.tune.off': 'Proposal {number}: off under this path, whatever is sent there.',
  'waf.tune.exclusion': '  rule {rule} under {path}{target}',
  'waf.tune.mistake.passes.sent': '  The request, sent again as the log has it, passes.',
  'waf.tune.mistake.passes.rebuilt': '  The request, made again of the values in the log, passes.',
  'waf.tune.mistake.passes.given': '  The request in the file passes.',
  'waf.tune.mistake.refused': '  The request is still refused: this does not do.',
  'waf.tune.mistake.unproved':
    '  The request, sent again, is not refused as things are now: that it would pass proves nothing. Give it with --request.',
  'waf.tune.mistake.unknown':
    '  The log does not hold what was sent: whether it passes is not proved. Give it with --request.',
  'waf.tune.cost':
    '  Of {attacks} {attacks|attack|attacks} in {target}, {refused} {refused|is|are} refused now; {opened} of these would pass{names}',
  'waf.tune.names': ': {names}',
  'waf.tune.elsewhere':
    '  Of {refused} that {refused|is|are} refused in a neighbouring parameter or under a neighbouring path, {opened} would pass.',
  'waf.tune.next': 'write it: the same command with --write (and --proposal N for another)',
  'waf.tune.written': 'Written to {file}.',
  'waf.tune.then': 'poterne plan {file}',
  // From observing to blocking.
  'waf.enforce.unknown': '{name} is to block, and its gateway did not say what was observed',
  'waf.enforce.unseen': '{name} is to block, and no traffic was observed: 0 requests',
  'waf.enforce.unresolved':
    '{name} is to block: of {requests} {requests|request|requests} in {days} {days|day|days}, {wouldBlock} would have been blocked, and {unresolved} still would; the last at {last}, by the rules {rules}',
  'waf.enforce.resolved':
    '{name} is to block: of {requests} {requests|request|requests} in {days} {days|day|days}, {wouldBlock} would have been blocked; the exclusions of the description let all of them through',
  'waf.enforce.clean':
    '{name} is to block: of {requests} {requests|request|requests} in {days} {days|day|days}, none would have been blocked',
  'waf.enforce.hint': 'poterne waf report {name} shows what would be blocked; mode: observe goes on looking',
} as const;
