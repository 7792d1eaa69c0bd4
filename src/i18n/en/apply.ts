/** Messages of `apply`: code → text; `{name}` stands for a value. */
export const apply = {
  'apply.accepted': '{engine} accepts configuration {hash}',
  'apply.certificates': '{count} {count|certificate|certificates} issued by Poterne’s own CA',
  'apply.damaged': 'the active configuration ({folder}) is not as Poterne wrote it; it is written anew',
  'apply.reloaded': '{engine} reloaded; its new workers serve',
  'apply.started': '{engine} started and serving',
  'apply.unchanged': 'nothing to change: this configuration is already being served',
  'engine.refused': '{engine} refuses the configuration: {text}',
  'engine.refused.next': 'nothing was changed: what was served before is still being served',
  'engine.refused.publication': '{engine} refuses "{name}": {text}',
  'engine.refused.lack': '"{name}" cannot be served: what it needs is missing, or is not what was chosen',
  'engine.refused.kept':
    '"{name}" keeps its last good version and the others go on; correct this line and apply again',
  'engine.refused.stand-in':
    '"{name}" answers 503 for now and the others go on; correct this line and apply again',
  'engine.refused.closed':
    'nothing answers for "{name}" for now and the others go on; correct this line and apply again',
  'engine.start.failed': '{engine} does not start: {said}',
  'engine.unconfirmed':
    '{engine} accepted the configuration but does not serve it; the last good one was put back (see {log})',
  'engine.warned': '{engine} warns: {text}',
  'gateway.address.absent': 'this machine has no address {address}',
  'gateway.address.absent.next':
    'see its addresses with "ip address", and correct "listen:" under "gateway:"; nothing was changed',
  'gateway.damaged': 'what was last applied in {state} is damaged and cannot be started',
  'gateway.damaged.next': 'run "poterne apply site.yaml", which writes it anew',
  'gateway.empty': 'nothing has been applied yet in {state}',
  'gateway.empty.next': 'run "poterne apply site.yaml" first',
  'gateway.port.busy': 'port {port} of {address} is taken by another program',
  'gateway.port.busy.next':
    'see who with "ss -ltnp sport = :{port}", or choose another port under "gateway:"',
  'gateway.port.denied': 'port {port} of {address} needs more rights than this account has',
  'gateway.port.denied.next': 'run as root, or choose a port above 1023 under "gateway:" instead of {port}',
  'host.command.missing': 'the program "{program}" is not installed here',
  'lock.held': 'another Poterne is working in {folder}',
  'state.unwritable': '{folder} cannot be written: {reason}',
  'state.unwritable.next':
    'what was served before is still being served; make room or mend the disk, and apply again',
  'store.unusable': 'the store {file} cannot be used: {reason}',
} as const;
