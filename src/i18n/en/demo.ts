/** Messages of the demonstration: code → text; `{name}` stands for a value. */
export const demo = {
  'demo.about': 'a whole gateway on this machine: two applications, published over HTTPS and proved',
  'demo.once': 'prove and leave; exit 0 only if every promise held',
  'demo.apps': '{count} internal {count|application|applications} started',
  'demo.apps.failed': 'the example applications do not start: {reason}',
  'demo.port.busy': 'port {port} of {address} is taken by another program, and the demonstration needs it',
  'demo.port.busy.next':
    'end the demonstration that is running, if there is one (Ctrl-C); else see who has it with "ss -ltnp sport = :{port}"',
  'demo.installed': 'the demonstration is not part of the installed package',
  'demo.installed.next': 'run it from the sources: ./poterne demo',
  'demo.install': 'the packages {packages} could not be installed',
  'demo.open': 'Open:',
  'demo.sign-in':
    'Some of them are for those who sign in, at {portal}\n  user name  {name}\n  password   {password}   (of this run alone)',
  'demo.trust': 'Your browser will trust them once you import Poterne’s root certificate: {file}',
  'demo.stop': 'Ctrl-C ends the demonstration.',
} as const;
