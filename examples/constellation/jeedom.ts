import { createServer, type Server } from 'node:http';
import {
  cookieOf,
  html,
  type Language,
  languageOf,
  notFound,
  redirect,
  sendPage,
  sendStyle,
  urlOf,
} from '../web.ts';

const words = {
  en: {
    title: 'Jeedom: scenarios of the house',
    visits: 'Visits from this browser:',
    scenarios: 'Scenarios',
    history: 'What ran last night',
    back: 'Back to the scenarios',
    list: [
      'Close the shutters at dusk',
      'Heat the bathroom at 6:30',
      'Light the path when someone comes home',
    ],
    ran: ['18:42 shutters closed', '19:05 path lit', '6:30 bathroom heated'],
  },
  fr: {
    title: 'Jeedom : scénarios de la maison',
    visits: 'Visites depuis ce navigateur :',
    scenarios: 'Scénarios',
    history: 'Ce qui s’est passé la nuit dernière',
    back: 'Retour aux scénarios',
    list: [
      'Fermer les volets au crépuscule',
      'Chauffer la salle de bains à 6 h 30',
      'Éclairer l’allée au retour',
    ],
    ran: ['18 h 42 : volets fermés', '19 h 05 : allée éclairée', '6 h 30 : salle de bains chauffée'],
  },
} as const;

function list(lines: readonly string[]) {
  return html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

function index(language: Language, visits: number) {
  const text = words[language];
  return html`<h1>${text.title}</h1>
<p class="soft">${text.visits} ${visits}</p>
<h2>${text.scenarios}</h2>
${list(text.list)}
<p><a href="history">${text.history}</a></p>`;
}

function history(language: Language) {
  const text = words[language];
  return html`<h1>${text.history}</h1>
${list(text.ran)}
<p><a href="index">${text.back}</a></p>`;
}

/**
 * An application that believes it owns the whole address: its pages are at the root, it redirects to `/index`, and its
 * cookie is for `/`. Published below a prefix that the gateway strips, the redirect and the cookie must be corrected on
 * the way out; its links are relative and need nothing.
 */
export function jeedom(): Server {
  return createServer((request, response) => {
    const language = languageOf(request);
    const { title, history: historyTitle } = words[language];
    switch (urlOf(request)?.pathname) {
      case '/':
        return redirect(response, 302, '/index');
      case '/index': {
        const visits = Math.min((Number.parseInt(cookieOf(request, 'visits') ?? '', 10) || 0) + 1, 9999);
        const cookie = { 'set-cookie': `visits=${visits}; Path=/; HttpOnly; SameSite=Lax` };
        return sendPage(response, { language, title, body: index(language, visits) }, 200, cookie);
      }
      case '/history':
        return sendPage(response, { language, title: historyTitle, body: history(language) });
      case '/style.css':
        return sendStyle(response);
      default:
        return notFound(response);
    }
  });
}
