/** Texts of the questions that the gateway asks itself, which it must refuse. */
export const canary = {
  'canary.let-through': 'the answer to an attack is {status}, and not a refusal',
  'canary.unseen': 'an attack is refused, but not by the rules of the firewall',
  'canary.alarm.waf': '{publication}: the web application firewall does not work: {seen}',
  'canary.alarm.sign-in': '{publication} lets people in who have not signed in: {seen}',
  'canary.alarm.certificate': '{publication} lets people in without a certificate: {seen}',
  'canary.over': '{publication} refuses again what it must refuse.',
  'status.canary':
    'What must be refused is refused: {questions} {questions|question|questions} to {publications} {publications|publication|publications}, last asked {at}.',
  'status.canary.old':
    'Whether what must be refused is refused was last asked {at}: the daemon asks every minute.',
  'status.canary.alarm': 'ALARM since {since}: {alarm}',
  'status.canary.next':
    'What was changed by hand is put back by poterne apply, on an installed gateway by systemctl reload poterne.',
  'status.canary.unasked':
    'The firewall of {names} cannot be asked: it takes a client certificate that this gateway cannot show.',
  'promise.waf': '{url} refuses an attack: its firewall works.',
  'seen.waf.refused': 'refused with 403 by the gateway itself',
  'seen.waf.let-through': 'the answer to an attack is {status}, and not the gateway’s refusal',
  'advice.waf.let-through':
    'the firewall is off, or its rules are gone: apply again, and see `poterne status` for the alarm that the gateway itself tells',
} as const;
