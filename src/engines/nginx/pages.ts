import { xml } from '../../lib/escape.ts';
import { visitorStyle } from '../../lib/visitor-style.ts';
import type { Brand } from '../../model/sign-in.ts';
import type { Language } from '../../model/site.ts';

interface Page {
  readonly title: string;
  readonly text: string;
}

/** What a visitor reads when it is the gateway that answers: what happened, and what to do next. */
const texts = {
  en: {
    403: {
      title: 'Not open from here',
      text: 'This service is open only from certain networks, and yours is not one of them. If you should have access, connect to your organisation’s network and try again, or ask those who run this service.',
    },
    404: {
      title: 'Nothing here',
      text: 'Nothing is published at this address. Check what you typed, or go back to where you came from.',
    },
    blocked: {
      title: 'Refused',
      text: 'What was sent looks like an attack on this service, and was not passed on. If you sent nothing unusual, tell those who run this service, with the number below.',
    },
    413: {
      title: 'Too large',
      text: 'What you sent is larger than this service accepts. Send a smaller file, or ask those who run this service to accept larger ones.',
    },
    421: {
      title: 'Wrong door',
      text: 'Your browser asked for this name over a connection made for another one. Reload the page; if that does not help, close the browser and open it again.',
    },
    429: {
      title: 'Too many requests',
      text: 'More was asked in a short time than this service allows: by you, from your address, or by everybody together. Wait a moment, then try again.',
    },
    495: {
      title: 'Certificate refused',
      text: 'The certificate that your device showed is not accepted here: it may have expired, been revoked, or come from another authority. Choose another one, or ask those who gave it to you for a new one.',
    },
    496: {
      title: 'Certificate needed',
      text: 'This service is open only to those who show a client certificate. Install the one that you were given and try again, or ask those who run this service for one.',
    },
    502: {
      title: 'The service does not answer',
      text: 'The gateway works, but the service behind it cannot be reached. Try again in a few minutes; if it lasts, tell those who run this service.',
    },
    503: {
      title: 'Not available',
      text: 'The service is not available at the moment. Try again in a few minutes; if it lasts, tell those who run this service.',
    },
    504: {
      title: 'The service is taking too long',
      text: 'The gateway works, but the service behind it did not answer in time. Try again in a few minutes; if it lasts, tell those who run this service.',
    },
    401: {
      title: 'Sign in again',
      text: 'You are not signed in, or no longer. Open the page anew and sign in; then send again what you wanted to send.',
    },
    '403-group': {
      title: 'Not open to you',
      text: 'You are signed in, but this service is open to others only. If you should have access, ask those who run this service.',
    },
    '403-network': {
      title: 'Not open from here',
      text: 'This service is open to you only from certain networks, and yours is not one of them. Connect to your organisation’s network and try again, or ask those who run this service.',
    },
    '403-country': {
      title: 'Not open from this country',
      text: 'This service is not open from the country where you seem to be. If you should have access from there, ask those who run this service.',
    },
    '403-hours': {
      title: 'Closed at the moment',
      text: 'This service is open at certain times only. Try again when it is open, or ask those who run this service.',
    },
    '403-second-factor': {
      title: 'A second factor is needed',
      text: 'This service is open only to those who signed in with a second factor. Open it in a browser and give yours.',
    },
    '403-approval': {
      title: 'An approval is needed',
      text: 'This service opens only once somebody has approved that you enter. Open it in a browser to ask for that.',
    },
    '403-denied': {
      title: 'Not open to you',
      text: 'This service does not let you in. If you should have access, ask those who run this service.',
    },
    '403-ended': {
      title: 'Your access has ended',
      text: 'Your access was given until a certain day, which is over. If you still need it, ask those who gave it to you.',
    },
    cut: {
      title: 'Cut off',
      text: 'This service has been cut off for the moment, on purpose. Try again later; if you need it now, ask those who run it.',
    },
    banned: {
      title: 'You are shut out for a while',
      text: 'From your address too much came that looks like an attack: wrong passwords, refused requests, or too many of them. It may have been somebody else behind the same address. You are let in again by yourself; if you need it earlier, ask those who run this service. Shut out until:',
    },
    entry: {
      title: 'Nobody can be let in at the moment',
      text: 'The gateway cannot tell at the moment who you are, and lets nobody in until it can. Try again in a few minutes; if it lasts, tell those who run this service.',
    },
    repair: {
      title: 'Being repaired',
      text: 'This publication is being repaired. The rest of the gateway works. Try again later; if it lasts, tell those who run this service.',
    },
  },
  fr: {
    403: {
      title: 'Pas ouvert d’ici',
      text: 'Ce service n’est ouvert que depuis certains réseaux, et le vôtre n’en fait pas partie. Si vous devez y avoir accès, connectez-vous au réseau de votre organisation et réessayez, ou adressez-vous aux responsables de ce service.',
    },
    404: {
      title: 'Rien ici',
      text: 'Rien n’est publié à cette adresse. Vérifiez ce que vous avez saisi, ou revenez à la page d’où vous venez.',
    },
    blocked: {
      title: 'Refusé',
      text: 'Ce qui a été envoyé ressemble à une attaque contre ce service, et n’a pas été transmis. Si vous n’avez rien envoyé d’inhabituel, prévenez les responsables de ce service en donnant le numéro ci-dessous.',
    },
    413: {
      title: 'Trop volumineux',
      text: 'Ce que vous avez envoyé dépasse ce que ce service accepte. Envoyez un fichier plus petit, ou demandez aux responsables de ce service d’en accepter de plus grands.',
    },
    421: {
      title: 'Mauvaise porte',
      text: 'Votre navigateur a demandé ce nom sur une connexion établie pour un autre. Rechargez la page ; si cela ne suffit pas, fermez le navigateur et rouvrez-le.',
    },
    429: {
      title: 'Trop de requêtes',
      text: 'En peu de temps, plus a été demandé que ce service ne le permet : par vous, depuis votre adresse, ou par tout le monde ensemble. Attendez un instant, puis réessayez.',
    },
    495: {
      title: 'Certificat refusé',
      text: 'Le certificat que votre appareil a présenté n’est pas accepté ici : il a pu expirer, être révoqué, ou venir d’une autre autorité. Choisissez-en un autre, ou demandez-en un nouveau à ceux qui vous l’ont remis.',
    },
    496: {
      title: 'Certificat nécessaire',
      text: 'Ce service n’est ouvert qu’à ceux qui présentent un certificat client. Installez celui qui vous a été remis et réessayez, ou demandez-en un aux responsables de ce service.',
    },
    502: {
      title: 'Le service ne répond pas',
      text: 'La passerelle fonctionne, mais le service placé derrière elle est injoignable. Réessayez dans quelques minutes ; si cela dure, prévenez les responsables de ce service.',
    },
    503: {
      title: 'Indisponible',
      text: 'Le service n’est pas disponible pour le moment. Réessayez dans quelques minutes ; si cela dure, prévenez les responsables de ce service.',
    },
    504: {
      title: 'Le service met trop de temps',
      text: 'La passerelle fonctionne, mais le service placé derrière elle n’a pas répondu à temps. Réessayez dans quelques minutes ; si cela dure, prévenez les responsables de ce service.',
    },
    401: {
      title: 'Connectez-vous à nouveau',
      text: 'Vous n’êtes pas connecté, ou plus. Rouvrez la page et connectez-vous, puis renvoyez ce que vous vouliez envoyer.',
    },
    '403-group': {
      title: 'Pas ouvert pour vous',
      text: 'Vous êtes connecté, mais ce service n’est ouvert qu’à d’autres. Si vous devez y avoir accès, adressez-vous à ses responsables.',
    },
    '403-network': {
      title: 'Pas ouvert d’ici',
      text: 'Ce service ne vous est ouvert que depuis certains réseaux, et le vôtre n’en fait pas partie. Connectez-vous au réseau de votre organisation et réessayez, ou adressez-vous à ses responsables.',
    },
    '403-country': {
      title: 'Pas ouvert depuis ce pays',
      text: 'Ce service n’est pas ouvert depuis le pays où vous semblez être. Si vous devez y avoir accès de là, adressez-vous à ses responsables.',
    },
    '403-hours': {
      title: 'Fermé pour le moment',
      text: 'Ce service n’est ouvert qu’à certaines heures. Réessayez quand il sera ouvert, ou adressez-vous à ses responsables.',
    },
    '403-second-factor': {
      title: 'Un second facteur est nécessaire',
      text: 'Ce service n’est ouvert qu’à ceux qui se sont connectés avec un second facteur. Ouvrez-le dans un navigateur et donnez le vôtre.',
    },
    '403-approval': {
      title: 'Une approbation est nécessaire',
      text: 'Ce service ne s’ouvre qu’une fois votre entrée approuvée. Ouvrez-le dans un navigateur pour la demander.',
    },
    '403-denied': {
      title: 'Pas ouvert pour vous',
      text: 'Ce service ne vous laisse pas entrer. Si vous devez y avoir accès, adressez-vous à ses responsables.',
    },
    '403-ended': {
      title: 'Votre accès a pris fin',
      text: 'Votre accès était donné jusqu’à un certain jour, qui est passé. S’il vous est encore nécessaire, adressez-vous à ceux qui vous l’ont donné.',
    },
    cut: {
      title: 'Coupé',
      text: 'Ce service est volontairement coupé pour le moment. Réessayez plus tard ; s’il vous le faut maintenant, adressez-vous à ses responsables.',
    },
    banned: {
      title: 'Vous êtes exclu pour un temps',
      text: 'Trop de ce qui ressemble à une attaque est venu de votre adresse : mots de passe faux, requêtes refusées, ou trop nombreuses. C’était peut-être quelqu’un d’autre derrière la même adresse. Vous serez admis de nouveau sans rien faire ; si c’est urgent, adressez-vous aux responsables de ce service. Exclu jusqu’à :',
    },
    entry: {
      title: 'Personne ne peut entrer pour le moment',
      text: 'La passerelle ne peut pas savoir pour le moment qui vous êtes, et ne laisse entrer personne d’ici là. Réessayez dans quelques minutes ; si cela dure, prévenez les responsables de ce service.',
    },
    repair: {
      title: 'En réparation',
      text: 'Cette publication est en cours de réparation. Le reste de la passerelle fonctionne. Réessayez plus tard ; si cela dure, prévenez les responsables de ce service.',
    },
  },
} as const satisfies Record<Language, Record<number | string, Page>>;

type Name = keyof (typeof texts)['en'];

const requestLabel: Readonly<Record<Language, string>> = {
  en: 'Request number, to give when you ask for help:',
  fr: 'Numéro de la requête, à donner si vous demandez de l’aide :',
};

/** Statuses for which the gateway has a page of its own; that of 429 says more (`render/limits.ts`). */
export const pageStatuses = [403, 404, 413, 421, 502, 503, 504] as const;

/** Every page, by its path below `pages/`, with the name, the logo and the colour of the organisation. nginx fills in the request's number (SSI). */
export function pages(brand: Brand = {}): { readonly path: string; readonly text: string }[] {
  const html = (Object.keys(texts) as Language[]).flatMap((language) => {
    const page = (name: Name, path = `${name}`) => ({
      path: `${language}/${path}.html`,
      text: document(
        language,
        shownStatus(name),
        texts[language][name],
        more[name as keyof typeof more] ?? '',
        brand,
      ),
    });
    // Who is cut off by the daemon's word is told the same.
    return [...(Object.keys(texts[language]) as Name[]).map((name) => page(name)), page('cut', '403-cut')];
  });
  const json = (more: string) =>
    `{"status":<!--# echo var="status" -->,${more}"request":"<!--# echo var="request_id" -->"}\n`;
  return [
    ...html,
    { path: 'error.json', text: json('') },
    { path: 'blocked.json', text: json('"why":"blocked",') },
    { path: 'limited.json', text: json('"retryAfter":<!--# echo var="poterne_retry" -->,') },
    { path: 'refused.json', text: json('"why":"<!--# echo var="poterne_why" -->",') },
  ];
}

/** What files say beside a page: those who cut something off, where they do; until when somebody is banned. */
const more = {
  cut: `
      <!--# include virtual="/.poterne/with/said" -->`,
  banned: `
      <p><strong><!--# include virtual="/.poterne/with/banned" --></strong></p>`,
} as const;

/** What comes back with a page: a refused certificate and none are nginx's own statuses, and no client knows them. */
const shownStatus = (page: Name): number =>
  page === 'repair' || page === 'cut' || page === 'entry'
    ? 503
    : page === 495 || page === 496 || page === 'blocked' || page === 'banned'
      ? 403
      : Number.parseInt(`${page}`, 10);

const document = (
  language: Language,
  status: number,
  { title, text }: Page,
  more: string,
  { name, logo, colour }: Brand,
): string => `<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>${title}${name === undefined ? '' : ` – ${xml(name)}`}</title>
    <style>${visitorStyle(colour)}</style>
  </head>
  <body>
    <main>${
      name === undefined && logo === undefined
        ? ''
        : `
      <p class="brand">${[
        ...(logo === undefined ? [] : ['<!--# include virtual="/.poterne/with/logo" -->']),
        ...(name === undefined ? [] : [`<strong>${xml(name)}</strong>`]),
      ].join('')}</p>`
    }
      <h1>${title}</h1>
      <p>${text}</p>${more}
      <p><small>${requestLabel[language]} <code><!--# echo var="request_id" --></code> (${status})</small></p>
    </main>
  </body>
</html>
`;
