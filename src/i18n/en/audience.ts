/** Messages of who may enter: audiences, signing in, directories: code → text; `{name}` stands for a value. */
export const audience = {
  // Signing in.
  'sign-in.key.unknown': 'unknown key "{key}" in sign-in',
  'sign-in.key.missing': 'sign-in lacks the key "{key}" here',
  'sign-in.at.taken': 'the portal cannot have the name "{name}": a publication has it',
  'sign-in.session': 'a session lasts from one minute to 30 days: "{key}" does not',
  'sign-in.session.idle': 'nobody can be idle for longer than the longest session',
  'sign-in.remember': 'a device is remembered for one minute to a year',
  'sign-in.required.empty': 'this entry says neither who nor from where',
  'sign-in.required.empty.hint':
    'write { groups: [admins] } or { from: [internet] }; for everybody, { from: ["0.0.0.0/0", "::/0"] }',
  'sign-in.logo': 'the logo "{file}" is neither .svg nor .png',
  'sign-in.logo.unreadable': 'the logo cannot be read from here ({reason}): {file}',
  'sign-in.logo.large': 'the logo has {size} KiB: {file}',
  'sign-in.logo.broken': 'what is in this file is neither SVG nor PNG: {file}',
  'sign-in.logo.hint': 'name an SVG or PNG file of at most {most} KiB; pages show it 40 pixels high',
  'sign-in.missing.hint':
    'add the section "sign-in" with the portal’s name: sign-in: { at: portal.example.fr }',
  'value.colour': '"{value}" is not a colour: write it like "#336699"',

  // Directories.
  'directory.key.unknown': 'unknown key "{key}" in directory "{name}"',
  'directory.key.missing': 'directory "{name}" lacks the key "{key}" here',
  'directory.unknown': 'there is no directory "{name}"',
  'directory.name': '"{name}" cannot name a directory: it stands behind the @ of its people’s names',
  'directory.local': 'no directory can be called "local": that is what the described people and guests are',
  'directory.local.hint': 'give it another name',
  'directory.unused': 'nobody of the directory "{name}" can sign in: there is no portal',
  'directory.groups.missing':
    'directory "{name}" gives none of our groups: its people are known by name only',
  'directory.groups.missing.hint': 'write groups: { staff: ["CN=Staff,OU=Groups,DC=example,DC=lan"] }',
  'directory.scopes': 'without the scope "openid", a provider tells nothing of who signed in',
  'person.group.unknown.hint':
    'groups come from people, from directories and from the guests of sign-in; there are none',
  'value.directory.server':
    '"{value}" is no server of a directory: write ldaps://dc1.example.lan or ldap://ldap.example.lan (StartTLS, always)',
  'value.dn': '"{value}" is no distinguished name: write it like ou=people,dc=example,dc=lan',
  'value.filter': '"{value}" is no filter: write it in parentheses, like (employeeType=staff)',
  'value.attribute': '"{value}" is no attribute: letters, digits and hyphens',
  'value.issuer': '"{value}" is no issuer: an https URL, exactly as the provider says it',

  // Audiences.
  'audience.key.unknown': 'unknown key "{key}" in a rule of the audience',
  'audience.key.missing': 'a rule of the audience lacks the key "{key}" here',
  'audience.form.list': 'rules stand in a list: audience: [{ groups: [staff], mfa: required }]',
  'audience.everyone.rule': 'leave "from" out to mean every address',
  'audience.direct':
    'publication "{name}" is direct: nobody stands in between who could ask visitors who they are',
  'audience.direct.hint': 'let in by network, audience: { from: [lan] }, or publish it with scenario: proxy',
  'audience.empty': 'this rule says nothing: it would let in everybody, from everywhere',
  'audience.empty.hint': 'to mean that, write audience: everyone',
  'audience.identity.nobody': 'nobody signs in to "{name}": there is no identity to sign',
  'audience.identity.nobody.hint': 'write the audience as a list of rules, or leave signed-identity out',
  'audience.deny.only': 'all rules of "{name}" deny: nobody is let in',
  'audience.deny.only.hint': 'add a rule that lets in, such as { signed-in: true }',
  'audience.deny.asks': 'a rule that denies asks for nothing: "{key}" has no business there',
  'audience.deny.anonymous':
    'whom this rule denies is known once they have signed in, and another rule lets in without signing in',
  'audience.deny.anonymous.hint': 'let in nobody without signing in: add signed-in: true to the other rule',
  'audience.asks.nobody': '"{key}" is asked of people who have signed in, and this rule names none',
  'audience.asks.nobody.hint': 'add groups, people, or signed-in: true',
  'audience.approval.by': 'nobody is named whose word it takes',
  'audience.approval.for': 'an approval holds from one minute to a year',
  'audience.approval.self': 'nobody approves for themselves, and nobody else can',
  'audience.certificate.other':
    'certificates of one configuration are asked for under one name: "{name}" here, and "{other}" too',
  'audience.certificate.both': 'a certificate stands instead of signing in: this rule asks for both',
  'audience.certificate.both.hint':
    'write two rules for one or the other; for both, tls-configuration with client-certificate: required, and groups here',
  'audience.countries.inside':
    'addresses of your zones and private ranges are in no country: this rule lets in nobody',
  'audience.countries.inside.hint': 'leave "countries" out, or write "from: [internet]"',
  'audience.path.slash': '"{path}" could be meant as one page or as all that begins so',
  'audience.path.slash.hint': 'write "{path}/": that, and all below it',
  'audience.path.unrouted': 'no route of this publication leads to "{path}"',
  'audience.hidden': 'this rule lets in nobody: another denies everybody whom it means',
  'audience.left': 'this rule lets in nobody: the access of all whom it names has ended',
  'audience.when.both': '"once" is one window, and "{key}" has no business beside it',
  'audience.when.empty': 'this says no time',
  'audience.when.never': 'this rule never holds: all its hours are on days on which "{calendar}" is closed',
  'audience.window.over': 'this window is over: the rule lets in nobody any more',
  'audience.window.over.hint': 'remove the rule, or write another window',
  'audience.window.skipped': 'the clock skips this time: the window begins when it goes on',
  'audience.window.twice': 'the clock shows this time twice: the window begins the first time',
  'value.when': '"{value}" is neither hours of the week nor a window',
  'value.when.hint': 'write Mon-Fri 07:00-20:00, or 2026-12-01 08:00 for 4h',
  'value.window': '"{value}" is no window',
  'value.window.day': 'there is no such day; write days like 2026-12-01',
  'value.window.time': 'there is no such time; write times like 08:00',
  'value.window.length': 'it must last: for 4h, or an end after its beginning',
  'value.window.form':
    'write 2026-12-01 08:00 for 4h, 2026-12-01 08:00-12:00, or 2026-12-01 08:00 to 2026-12-02 18:00',
  'value.country': '"{value}" is no country: two letters of ISO 3166-1, such as FR',
  'sign-in.missing': 'people must sign in to reach "{name}", and there is no portal where they could',

  // Countries.
  'countries.missing': 'nothing tells the countries of addresses',
  'countries.unreadable': 'the file of countries {file} cannot be read: {reason}',
  'countries.broken': 'the file of countries {file} is no MMDB file: {reason}',
  'countries.old': 'the file of countries {file} is of {made}: addresses have moved since',
  'countries.hint':
    'write countries: FILE.mmdb, a country database in MMDB format, such as DB-IP’s or MaxMind’s',
} as const;
