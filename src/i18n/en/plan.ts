/** Messages of `plan`: code → text; `{name}` stands for a value. */
export const plan = {
  'change.publication.add': 'publish {name}: {routes} (for {who})',
  'change.publication.add.certificate':
    'publish {name}: {routes} (for {who} with a client certificate of "{configuration}")',
  'change.publication.remove': 'stop publishing {name}',
  'change.publication.refuse':
    'refuse everybody at {name} (503): what it needs is missing, or is not what was chosen',
  'change.publication.restore': 'serve {name} as described again, which the engine refused before',
  'change.rule.add': 'audience of {name}: {rule}',
  'change.rule.remove': 'no longer in the audience of {name}: {rule}',
  'change.route.add': '{name}: open {path} to {service}',
  'change.route.remove': '{name}: close {path}',
  'change.setting': '{name}: {setting}: {from} → {to}',
  'change.limit.address.requests': '{name}: one address may ask {to} (so far {from})',
  'change.limit.address.requests.new': '{name}: one address may ask {to} (so far without limit)',
  'change.limit.address.requests.end': '{name}: one address may ask without limit (so far {from})',
  'change.limit.address.connections':
    '{name}: one address may have {to} {to|request|requests} in progress (so far {from})',
  'change.limit.address.connections.new':
    '{name}: one address may have {to} {to|request|requests} in progress (so far without limit)',
  'change.limit.address.connections.end':
    '{name}: one address may have any number of requests in progress (so far {from})',
  'change.limit.session.requests': '{name}: one session may ask {to} (so far {from})',
  'change.limit.session.requests.new': '{name}: one session may ask {to} (so far without limit)',
  'change.limit.session.requests.end': '{name}: one session may ask without limit (so far {from})',
  'change.limit.session.connections':
    '{name}: one session may have {to} {to|request|requests} in progress (so far {from})',
  'change.limit.session.connections.new':
    '{name}: one session may have {to} {to|request|requests} in progress (so far without limit)',
  'change.limit.session.connections.end':
    '{name}: one session may have any number of requests in progress (so far {from})',
  'change.limit.token.requests': '{name}: one token may ask {to} (so far {from})',
  'change.limit.token.requests.new': '{name}: one token may ask {to} (so far without limit)',
  'change.limit.token.requests.end': '{name}: one token may ask without limit (so far {from})',
  'change.limit.token.connections':
    '{name}: one token may have {to} {to|request|requests} in progress (so far {from})',
  'change.limit.token.connections.new':
    '{name}: one token may have {to} {to|request|requests} in progress (so far without limit)',
  'change.limit.token.connections.end':
    '{name}: one token may have any number of requests in progress (so far {from})',
  'change.limit.all.requests': '{name}: all visitors together may ask {to} (so far {from})',
  'change.limit.all.requests.new': '{name}: all visitors together may ask {to} (so far without limit)',
  'change.limit.all.requests.end': '{name}: all visitors together may ask without limit (so far {from})',
  'change.limit.all.connections':
    '{name}: all visitors together may have {to} {to|request|requests} in progress (so far {from})',
  'change.limit.all.connections.new':
    '{name}: all visitors together may have {to} {to|request|requests} in progress (so far without limit)',
  'change.limit.all.connections.end':
    '{name}: all visitors together may have any number of requests in progress (so far {from})',
  'change.limit.gateway.connections':
    'gateway: one address may have {to} {to|request|requests} in progress on all publications (so far {from})',
  'change.limit.gateway.connections.new':
    'gateway: one address may have {to} {to|request|requests} in progress on all publications (so far without limit)',
  'change.limit.gateway.connections.end':
    'gateway: one address may have any number of requests in progress on all publications (so far {from})',
  'change.limit.upload': '{name}: a connection sends at {to} (so far {from})',
  'change.limit.upload.new': '{name}: a connection sends at {to} (so far without limit)',
  'change.limit.upload.end': '{name}: a connection sends as fast as it can (so far {from})',
  'change.limit.download': '{name}: an answer comes at {to} (so far {from})',
  'change.limit.download.new': '{name}: an answer comes at {to} (so far without limit)',
  'change.limit.download.end': '{name}: an answer comes as fast as it can (so far {from})',
  'change.waf.exclusion': '{name}: rule {rule} of the firewall is off under {path}: {why}',
  'change.waf.exclusion.target':
    '{name}: rule {rule} of the firewall does not read {target} under {path}: {why}',
  'change.waf.exclusion.remove': '{name}: rule {rule} of the firewall is on again under {path}',
  'change.waf.exclusion.target.remove':
    '{name}: rule {rule} of the firewall reads {target} again under {path}',
  'change.bans.ssh':
    'bans: {failures} failed logins over SSH in {within} ban their address for {lasts}, at most {longest}',
  'change.bans.ssh.remove': 'bans: nobody is banned any more for failed logins over SSH',
  'change.bans.portal':
    'bans: {failures} sign-ins that fail at the portal in {within} ban their address for {lasts}, at most {longest}',
  'change.bans.portal.remove': 'bans: nobody is banned any more for sign-ins that fail at the portal',
  'change.bans.waf':
    'bans: {failures} requests that the firewall blocks in {within} ban their address for {lasts}, at most {longest}',
  'change.bans.waf.remove': 'bans: nobody is banned any more for requests that the firewall blocks',
  'change.bans.floods':
    'bans: {failures} requests that are too many (429) in {within} ban their address for {lasts}, at most {longest}',
  'change.bans.floods.remove': 'bans: nobody is banned any more for requests that are too many (429)',
  'change.bans.scans':
    'bans: {failures} requests for names that nobody published in {within} ban their address for {lasts}, at most {longest}',
  'change.bans.scans.remove': 'bans: nobody is banned any more for requests for names that nobody published',
  'change.bans.threshold': 'bans: {kind} (failures, within, for, longest): {to} (so far {from})',
  'change.bans.never': 'bans: {who} is never banned',
  'change.bans.never.remove': 'bans: {who} may be banned',
  'change.bans.contact': 'bans: the banned are told to ask {to} (so far {from})',
  'change.rewritten':
    'rewrite {count} generated {count|file|files}, the description being the same (new addresses or a new version): {paths}',
  // Why a flow is open.
  'flow.guarded': '{name} is open to whom the rules of its audience let in',
  'flow.mail': 'letters leave through it',
  'flow.directory': 'people of the directory {name}',
  'flow.everyone': '{name} is open to everyone',
  'flow.audience': '{name} is open to {who}',
  'flow.everyone.certificate': '{name} is open to everyone with a certificate of "{configuration}"',
  'flow.audience.certificate': '{name} is open to {who}, with a certificate of "{configuration}"',
  'flow.redirect': '{name}: plain http is sent on to https',
  'flow.front': '{front} is a load balancer that the gateway believes',
  'flow.upstream': '{name} is served by {service}',
  'flow.needs': '{service} needs {needed}',
  'flow.grant': '{why}',
  'flow.admin': '{host} is administered from {who}',
  'flow.bastion': 'people enter {host} through the bastion',
  'flow.admin.via': '{host} is administered through {via}',
  'flow.forward.gateway': 'the public address leads to the gateway {host}',
  'flow.forward.service': '{name} leads straight to {service}',

  // What the network promises to whoever stands somewhere.
  'promise.scan': 'From {vantage}, {host} accepts connections on no other ports than {ports}.',
  'promise.scan.none': 'From {vantage}, {host} accepts no connections at all.',
  'promise.shut.service': 'From {vantage}, nobody reaches {service} itself, on port {port} of {host}.',
  'promise.shut.ssh': 'From {vantage}, nobody reaches the SSH server of {host}.',
  'promise.connects.upstream': 'From {vantage}, {service} answers on port {port} of {host}.',
  'promise.connects.needs':
    'From {vantage}, {needed} answers on port {port} of {host}, which {service} needs.',
  'promise.connects.admin': 'From {vantage}, the SSH server of {host} answers on port {port}.',
  'promise.assertion': 'As you assert, from {vantage}: {rule}',
  'promise.dns': 'Asked from {vantage}, {name} is at {addresses}.',

  // The user's own assertions.
  'assertion.broken': 'the description does not keep this: {rule}',
  'assertion.undecided': 'nobody can tell from the description whether this holds: {rule}',
  'assertion.undecided.hint':
    '{from} reaches {to} on port {port}: describe {unknown} as a host, with its address and its zone',
  'assertion.flow.everyone': '{from} reaches {to} on port {port}, because {name} is open to everyone',
  'assertion.flow.everyone.certificate':
    '{from} reaches {to} on port {port}, because {name} is open to everyone with a certificate of "{configuration}"',
  'assertion.flow.audience.certificate':
    '{from} reaches {to} on port {port}, because {name} is open to {who}, with a certificate of "{configuration}"',
  'assertion.flow.guarded':
    '{from} reaches {to} on port {port}, because {name} is open there, by the rules of its audience',
  'assertion.flow.audience': '{from} reaches {to} on port {port}, because {name} is open to {who}',
  'assertion.flow.redirect':
    '{from} reaches {to} on port {port}, because {name} sends plain http on to https',
  'assertion.flow.front':
    '{from} reaches {to} on port {port}, because {front} is a load balancer that the gateway believes',
  'assertion.flow.upstream': '{from} reaches {to} on port {port}, because {name} is served by {service}',
  'assertion.flow.needs': '{from} reaches {to} on port {port}, because {service} needs {needed}',
  'assertion.flow.grant':
    '{from} reaches {to} on port {port}, because of a flow that the description grants: {why}',
  'assertion.flow.admin': '{from} reaches {to} on port {port}, because {host} is administered from {who}',
  'assertion.flow.admin.via':
    '{from} reaches {to} on port {port}, because {host} is administered through {via}',
  'assertion.flow.none': 'nothing in the description opens a way to {to}',
  'assertion.flow.others': 'ways to {to} are open only to: {known}',
} as const;
