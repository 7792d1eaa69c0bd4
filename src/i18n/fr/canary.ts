import type { canary as en } from '../en/canary.ts';

export const canary: Record<keyof typeof en, string> = {
  'canary.let-through': 'la réponse à une attaque est {status}, et non un refus',
  'canary.unseen': 'une attaque est refusée, mais pas par les règles du pare-feu',
  'canary.alarm.waf': '{publication} : le pare-feu applicatif ne fonctionne pas : {seen}',
  'canary.alarm.sign-in': '{publication} laisse entrer des personnes qui ne se sont pas identifiées : {seen}',
  'canary.alarm.certificate': '{publication} laisse entrer sans certificat : {seen}',
  'canary.over': '{publication} refuse de nouveau ce qui doit l’être.',
  'canary.letter.alarm.one': '[{site}] {publication} ne refuse plus ce qui doit l’être',
  'canary.letter.alarm.many': '[{site}] {count} publications ne refusent plus ce qui doit l’être',
  'canary.letter.alarm':
    'La passerelle {gateway} se demande chaque minute ce qu’elle doit refuser. Ceci est passé, deux fois :',
  'canary.letter.alarm.next':
    'Tant que ce n’est pas réparé, des attaques atteignent le service, ou des personnes entrent qui ne le devraient pas. Ce qui a été changé à la main est remis par poterne apply, sur la passerelle même par systemctl reload poterne. poterne cut NOM ne laisse entrer personne entre-temps. Là-bas, poterne status dit ce qu’il en est. Un autre courriel dira que c’est fini.',
  'canary.letter.over.one': '[{site}] l’alarme de {publication} est finie',
  'canary.letter.over.many': '[{site}] les alarmes de {count} publications sont finies',
  'canary.letter.over': 'Sur la passerelle {gateway}, ces alarmes sont finies :',
  'canary.letter.over.next':
    'Ce qu’on y demande est de nouveau refusé, ou n’est plus demandé : rien ne l’est à ce qui est coupé ou n’est plus publié. Quand, le dit : poterne audit --what canary',
  'canary.letter.line': '  {alarm} (depuis le {since}, {timezone})',
  'canary.letter.more': '  et {more} de plus',
  'status.canary':
    'Ce qui doit être refusé l’est : {questions} {questions|question|questions} à {publications} {publications|publication|publications}, {questions|posée|posées} en dernier le {at}.',
  'status.canary.old':
    'On a demandé pour la dernière fois le {at} si ce qui doit être refusé l’est : le démon le demande chaque minute.',
  'status.canary.alarm': 'ALARME depuis {since} : {alarm}',
  'status.canary.next':
    'Ce qui a été changé à la main est remis par poterne apply, sur une passerelle installée par systemctl reload poterne.',
  'status.canary.unasked':
    'Le pare-feu de {names} ne peut être interrogé : il y faut un certificat client que cette passerelle ne peut présenter.',
  'promise.waf': '{url} refuse une attaque : son pare-feu fonctionne.',
  'seen.waf.refused': 'refusé avec 403 par la passerelle elle-même',
  'seen.waf.let-through': 'la réponse à une attaque est {status}, et non le refus de la passerelle',
  'advice.waf.let-through':
    'le pare-feu est éteint, ou ses règles ont disparu : appliquez de nouveau, et voyez dans `poterne status` l’alarme que donne la passerelle elle-même',
};
