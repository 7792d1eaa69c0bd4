/** Texts of the questions that the gateway asks itself, which it must refuse. */
export const canary = {
  'canary.let-through': 'the answer to an attack is {status}, and not a refusal',
  'canary.unseen': 'an attack is refused, but not by the rules of the firewall',
  'canary.alarm.waf': '{publication}: the web application firewall does not work: {seen}',
  'canary.alarm.sign-in': '{publication} lets people in who have not signed in: {seen}',
  'canary.alarm.certificate': '{publication} lets people in without a certificate: {seen}',
  'canary.over': '{publication} refuses again what it must refuse.',
  'canary.letter.alarm.one': '[{site}] {publication} refuses no more what it must',
  'canary.letter.alarm.many': '[{site}] {count} publications refuse no more what they must',
  'canary.letter.alarm':
    'The gateway {gateway} asks itself every minute what it must refuse. This was let through, twice:',
  'canary.letter.alarm.next':
    'Attacks reach the service, or people get in who should not, until this is mended. What was changed by hand is put back by poterne apply, on the gateway itself by systemctl reload poterne. poterne cut NAME lets nobody in meanwhile. poterne status there says what stands. Another letter says when it is over.',
  'canary.letter.over.one': '[{site}] the alarm of {publication} is over',
  'canary.letter.over.many': '[{site}] the alarms of {count} publications are over',
  'canary.letter.over': 'On the gateway {gateway}, these alarms are over:',
  'canary.letter.over.next':
    'What is asked there is refused again, or is asked no more: of what is cut off, and of what is published no more, nothing is asked. When it was is told by: poterne audit --what canary',
  'canary.letter.line': '  {alarm} (since {since}, {timezone})',
  'canary.letter.more': '  and {more} more',
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
