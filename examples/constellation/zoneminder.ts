import { createServer, type Server } from 'node:http';
import {
  html,
  languageOf,
  notFound,
  redirect,
  send,
  sendPage,
  sendStyle,
  staticFile,
  urlOf,
} from '../web.ts';

/** The application answers under its own prefix: a gateway keeps the path. */
const prefix = '/zm';

const words = {
  en: {
    title: 'Zoneminder: camera of the garden',
    alt: 'The garden, now',
    live: 'One picture every two seconds.',
  },
  fr: {
    title: 'Zoneminder : caméra du jardin',
    alt: 'Le jardin, maintenant',
    live: 'Une image toutes les deux secondes.',
  },
} as const;

/** How light the sky is, from 0 at midnight to 1 at noon. */
function daylight(now: Date): number {
  const hours = now.getHours() + now.getMinutes() / 60;
  return (1 - Math.cos((hours / 24) * 2 * Math.PI)) / 2;
}

/** What the camera sees: the sky of the hour, and a cat that crosses the garden once a minute. */
export function picture(now: Date): string {
  const light = daylight(now);
  const cat = ((now.getSeconds() + now.getMilliseconds() / 1000) / 60) * 720 - 40;
  const step = Math.sin(now.getTime() / 300) * 3;
  const stars = Array.from({ length: 24 }, (_, index) => {
    const x = (index * 97) % 640;
    const y = (index * 53) % 170;
    return `<circle cx="${x}" cy="${y}" r="1.2" fill="#fff" opacity="${(1 - light).toFixed(2)}"/>`;
  }).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360" width="640" height="360">
<rect width="640" height="360" fill="hsl(215 60% ${(8 + 62 * light).toFixed(0)}%)"/>
${stars}
<rect y="230" width="640" height="130" fill="hsl(110 35% ${(10 + 28 * light).toFixed(0)}%)"/>
<path d="M80 250V150L140 100L200 150V250Z" fill="hsl(25 35% ${(15 + 40 * light).toFixed(0)}%)"/>
<rect x="120" y="170" width="36" height="34" fill="#ffd98a"/>
<circle cx="500" cy="160" r="60" fill="hsl(125 35% ${(12 + 22 * light).toFixed(0)}%)"/>
<rect x="493" y="200" width="14" height="60" fill="#4a3524"/>
<g transform="translate(${cat.toFixed(1)} ${(300 + step).toFixed(1)})" fill="#1b1b1b">
<ellipse rx="20" ry="10"/><circle cx="20" cy="-9" r="8"/><path d="M14-14l2-9 5 5zM22-17l5-6 1 9z"/>
<path d="M-18-4q-16-6-14-22" fill="none" stroke="#1b1b1b" stroke-width="4"/>
<path d="M-10 6v14M8 6v14" stroke="#1b1b1b" stroke-width="4"/>
</g>
<text x="12" y="346" fill="#fff" font-family="monospace" font-size="16">GARDEN ${now.toISOString()}</text>
</svg>
`;
}

/** A camera's page, with a picture drawn when it is asked for. */
export function zoneminder(): Server {
  const sendScript = staticFile(new URL('public/zoneminder.js', import.meta.url), 'js');
  return createServer((request, response) => {
    const language = languageOf(request);
    const text = words[language];
    switch (urlOf(request)?.pathname) {
      // Whoever comes by the camera's own name has typed no prefix.
      case '/':
      case prefix:
        return redirect(response, 302, `${prefix}/`);
      case `${prefix}/`:
        return sendPage(response, {
          language,
          title: text.title,
          script: 'app.js',
          body: html`<h1>${text.title}</h1>
<p class="soft">${text.live}</p>
<p><img id="picture" src="picture.svg" width="640" height="360" alt="${text.alt}"></p>`,
        });
      case `${prefix}/picture.svg`:
        return send(response, 200, 'image/svg+xml', picture(new Date()), { 'cache-control': 'no-store' });
      case `${prefix}/style.css`:
        return sendStyle(response);
      case `${prefix}/app.js`:
        return sendScript(response);
      default:
        return notFound(response);
    }
  });
}
