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
  'audience.everyone.rule': 'leave "from" out to mean every address',
} as const;
