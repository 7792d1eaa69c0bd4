import type { Language } from '../../model/site.ts';

/** Why a call of a partner is answered by the gateway itself: the program's word, and what a person makes of it. */
const texts = {
  en: {
    form: 'This is not the form of a call: /NAME/path, written without “..”, “//”, backslashes or encoded slashes, dots and control characters. The gateway is no proxy for other addresses.',
    browser: 'Pages of other sites may not call partners.',
    unknown: 'No partner has this name.',
    caller: 'This machine is not among the callers of the partner.',
    path: 'This path is not among those that may be called at the partner.',
    method: 'This method is not among those that may be used with the partner.',
    large: 'The body is larger than the partner may be sent.',
    unreachable:
      'The partner could not be reached, or one of the two refused the other’s certificate: the gateway’s log log/partners-error.log says which.',
    silent: 'The partner did not answer in time.',
    pin: 'The partner shows none of the keys that are pinned, or could not be looked at yet: nothing is sent to it. poterne status says more.',
    repair: 'The way to this partner is being repaired.',
  },
  fr: {
    form: 'Ce n’est pas la forme d’un appel : /NOM/chemin, écrit sans « .. », « // », barres obliques inverses, ni barres obliques, points ou caractères de contrôle encodés. La passerelle n’est pas un proxy vers d’autres adresses.',
    browser: 'Les pages d’autres sites ne peuvent pas appeler les partenaires.',
    unknown: 'Aucun partenaire ne porte ce nom.',
    caller: 'Cette machine ne fait pas partie des appelants du partenaire.',
    path: 'Ce chemin ne fait pas partie de ceux qui peuvent être appelés chez le partenaire.',
    method: 'Cette méthode ne fait pas partie de celles qui peuvent être employées avec le partenaire.',
    large: 'Le corps est plus volumineux que ce qui peut être envoyé au partenaire.',
    unreachable:
      'Le partenaire est injoignable, ou l’un des deux a refusé le certificat de l’autre : le journal log/partners-error.log de la passerelle dit lequel.',
    silent: 'Le partenaire n’a pas répondu à temps.',
    pin: 'Le partenaire ne présente aucune des clés épinglées, ou n’a pas encore pu être regardé : rien ne lui est envoyé. poterne status en dit plus.',
    repair: 'L’accès à ce partenaire est en cours de réparation.',
  },
} as const satisfies Record<Language, Record<string, string>>;

export type PartnerRefusal = keyof (typeof texts)['en'];

/** The body of such an answer: JSON whose variables nginx fills in. */
export function partnerAnswer(language: Language, reason: PartnerRefusal): string {
  const text = texts[language][reason];
  return `{"error":"${reason}","message":${JSON.stringify(text)},"request":"$request_id"}`;
}
