import { createServer, type Server, type ServerResponse } from 'node:http';
import {
  html,
  type Language,
  languageOf,
  notFound,
  redirect,
  send,
  sendJson,
  sendPage,
  sendStyle,
  staticFile,
  urlOf,
} from '../web.ts';
import { type Lamps, openSocket } from './lamps.ts';
import { readSensors, type Sensor } from './sensors.ts';

/** The application answers under its own prefix: a gateway keeps the path. */
const prefix = '/constellation';

const words = {
  en: {
    title: 'Constellation',
    subtitle: 'The house, live',
    sensors: 'Sensors',
    lamps: 'Lamps',
    load: 'Load',
    memory: 'Memory used',
    uptime: 'Running for (seconds)',
    temperature: 'Temperature',
    'living-room': 'Living room',
    kitchen: 'Kitchen',
    garden: 'Garden',
    noscript: 'Without JavaScript, reload the page to refresh the measures.',
  },
  fr: {
    title: 'Constellation',
    subtitle: 'La maison, en direct',
    sensors: 'Capteurs',
    lamps: 'Lampes',
    load: 'Charge',
    memory: 'Mémoire utilisée',
    uptime: 'En marche depuis (secondes)',
    temperature: 'Température',
    'living-room': 'Salon',
    kitchen: 'Cuisine',
    garden: 'Jardin',
    noscript: 'Sans JavaScript, rechargez la page pour actualiser les mesures.',
  },
} as const;

type Word = keyof (typeof words)['en'];

function label(language: Language, id: string): string {
  const [kind = '', number] = id.split(':');
  const word = words[language][kind as Word] ?? kind;
  return number === undefined ? word : `${word} ${number}`;
}

function sensorCard(language: Language, sensor: Sensor) {
  return html`<li><span class="soft">${label(language, sensor.id)}</span>
<span class="value"><span data-sensor="${sensor.id}">${sensor.value.toLocaleString(language)}</span> ${sensor.unit}</span></li>
`;
}

function lampButton(language: Language, name: string, on: boolean) {
  return html`<button type="button" data-lamp="${name}" aria-pressed="${String(on)}">${label(language, name)}</button>
`;
}

function sendHome(response: ServerResponse, language: Language, lamps: Lamps): void {
  const text = words[language];
  sendPage(response, {
    language,
    title: text.title,
    script: 'app.js',
    body: html`<h1>${text.title}</h1>
<p class="soft">${text.subtitle}</p>
<h2>${text.sensors}</h2>
<ul class="cards">
${readSensors().map((sensor) => sensorCard(language, sensor))}</ul>
<noscript><p>${text.noscript}</p></noscript>
<h2>${text.lamps}</h2>
<p>${Object.entries(lamps).map(([name, on]) => lampButton(language, name, on))}</p>`,
  });
}

/** Home automation: measures of this machine over server-sent events, lamps over a WebSocket. */
export function constellation(): { server: Server; close(): void } {
  const lamps: Lamps = { 'living-room': false, kitchen: false, garden: true };
  const streams = new Set<ServerResponse>();
  const sendScript = staticFile(new URL('public/constellation.js', import.meta.url), 'js');
  let events = 0;

  const measure = () => ({ at: new Date().toISOString(), sensors: readSensors() });
  const event = () => `id: ${++events}\nretry: 2000\ndata: ${JSON.stringify(measure())}\n\n`;

  /** Nothing here asks the proxy not to buffer (`X-Accel-Buffering`): the gateway must know by itself. */
  function stream(response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
    });
    response.write(event());
    streams.add(response);
    response.on('close', () => streams.delete(response));
  }

  const ticker = setInterval(() => {
    if (streams.size === 0) return;
    const text = event();
    // A reader slower than one event a second misses some instead of filling our memory.
    for (const each of streams) if (!each.writableNeedDrain) each.write(text);
  }, 1000);

  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, 'text/plain; charset=utf-8', 'GET only\n', { allow: 'GET, HEAD' });
      return;
    }
    switch (urlOf(request)?.pathname) {
      case prefix:
        return redirect(response, 302, `${prefix}/`);
      case `${prefix}/`:
        return sendHome(response, languageOf(request), lamps);
      case `${prefix}/style.css`:
        return sendStyle(response);
      case `${prefix}/app.js`:
        return sendScript(response);
      case `${prefix}/health`:
        return send(
          response,
          200,
          'text/plain; charset=utf-8',
          'Constellation: every star is in its place\n',
        );
      case `${prefix}/rest/sensors`:
        return sendJson(response, 200, measure());
      case `${prefix}/rest/lamps`:
        return sendJson(response, 200, lamps);
      case `${prefix}/rest/stream`:
        return request.method === 'HEAD' ? void response.end() : stream(response);
      default:
        return notFound(response);
    }
  });
  const socket = openSocket(server, `${prefix}/socket`, lamps);

  return {
    server,
    close() {
      clearInterval(ticker);
      for (const each of streams) each.end();
      socket.close();
    },
  };
}
