import type { canary as en } from '../en/canary.ts';

export const canary: Record<keyof typeof en, string> = {
  'canary.let-through': 'la réponse à une attaque est {status}, et non un refus',
  'canary.unseen': 'une attaque est refusée, mais pas par les règles du pare-feu',
  'canary.alarm.waf': '{publication} : le pare-feu applicatif ne fonctionne pas : {seen}',
  'canary.alarm.sign-in': '{publication} laisse entrer des personnes qui ne se sont pas identifiées : {seen}',
  'canary.alarm.certificate': '{publication} laisse entrer sans certificat : {seen}',
  'canary.over': '{publication} refuse de nouveau ce qui doit l’être.',
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
