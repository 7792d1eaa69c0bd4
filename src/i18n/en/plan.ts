/** Messages of `plan`: code → text; `{name}` stands for a value. */
export const plan = {
  'change.publication.add': 'publish {name}: {routes} (for {who})',
  'change.publication.remove': 'stop publishing {name}',
  'change.route.add': '{name}: open {path} to {service}',
  'change.route.remove': '{name}: close {path}',
  'change.setting': '{name}: {setting}: {from} → {to}',
  'change.rewritten':
    'rewrite {count} generated file(s), the description being the same (new addresses or a new version): {paths}',
} as const;
