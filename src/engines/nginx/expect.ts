import { surelyBlocks, wafQuestion } from '../../lib/waf-question.ts';
import type { Door, Expectation, Probe } from '../../model/expectation.ts';
import { type Message, message } from '../../model/message.ts';
import {
  clientVerification,
  type DirectPublication,
  isGuarded,
  isRequired,
  type ProxiedPublication,
  type Publication,
  passedThrough,
  proxied,
  type Route,
  type Service,
  type Site,
} from '../../model/site.ts';
import { clientDoor, clientPromises } from './expect-clients.ts';
import { arrivals, doorsOf, minDays, namePromises, unknown } from './expect-name.ts';
import { portSuffix } from './render/common.ts';
import { answerHeaders } from './render/headers.ts';
import { portalPublication } from './render/portal.ts';
import { checkedPath, reached, serviceOf } from './routes.ts';

/** Every promise that the description makes about the gateway. */
export function expect(site: Site): Expectation[] {
  return [
    ...site.publications.flatMap((p) =>
      p.scenario !== 'direct' ? publicationPromises(site, p) : directPromises(site, p),
    ),
    ...portalPromises(site),
    ...gatewayPromises(site),
  ];
}

function publicationPromises(site: Site, publication: ProxiedPublication): Expectation[] {
  const door = doorsOf(site, publication).https;
  const home = `https://${publication.example}${portSuffix(site.gateway)}`;
  return [
    ...namePromises(site, publication),
    ...headerPromise(site, publication, door, home),
    ...clientPromises(site, publication, door, home),
    ...wafPromise(site, publication, door, home),
    ...(isGuarded(publication)
      ? guardPromises(site, publication, door, home)
      : publication.routes.flatMap((route) =>
          routePromises(site, publication, route, clientDoor(site, publication, route, door), home),
        )),
  ];
}

/** What surely counts as an attack is blocked; where the firewall only looks, nobody outside can tell. */
function wafPromise(site: Site, publication: ProxiedPublication, door: Door, home: string): Expectation[] {
  const { waf, name, routes } = publication;
  const path = waf && surelyBlocks(waf) ? wafQuestion(routes, waf) : undefined;
  const [route] = routes;
  const arrival = route && clientDoor(site, publication, route, door);
  if (!waf || path === undefined || !arrival) return [];
  return [
    {
      id: `${name}#waf`,
      about: name,
      promise: message('promise.waf', { url: home + path.replace(/\?.*/, '') }),
      because: waf.pointer,
      probe: { kind: 'waf-refuses', door: arrival, path, ...from(publication) },
    },
  ];
}

/** Where people sign in, a probe gets no further than anybody else who has not. Where some rule asks for nothing of the kind, it may. */
function guardPromises(site: Site, publication: ProxiedPublication, door: Door, home: string): Expectation[] {
  const { audience, routes, name } = publication;
  if (audience.rules?.some(({ verdict, subject }) => verdict === 'allow' && !subject)) return [];
  const verification = clientVerification(site, publication);
  return routes.flatMap((route) => {
    const path = checkedPath(publication, route, serviceOf(site, route));
    // A certificate that is not asked for at the door may itself be what a rule lets in.
    const arrival =
      verification && isRequired(verification, route) ? clientDoor(site, publication, route, door) : door;
    if (path === undefined || !arrival) return [];
    const label = route.match === 'regex' ? `/~${route.path}` : route.path;
    return [
      {
        id: `${name}${label}#sign-in`,
        about: name,
        promise: message('promise.sign-in', { url: home + path }),
        because: audience.pointer,
        probe: { kind: 'asks-sign-in', door: arrival, path, ...from(publication) },
      },
      ...portalPromise(site, publication, label, { door: arrival, path, url: home + path }),
    ];
  });
}

/** The portal is there, as a publication is, and shows where one signs in. */
function portalPromises(site: Site): Expectation[] {
  const portal = portalPublication(site);
  if (!portal) return [];
  const { name, pointer } = portal;
  const path = '/sign-in';
  const url = `https://${name}${portSuffix(site.gateway)}${path}`;
  const door = doorsOf(site, portal).https;
  return [
    ...namePromises(site, portal),
    {
      id: `${name}#sign-in-page`,
      about: name,
      promise: message('promise.sign-in-page', { url }),
      because: pointer,
      probe: { kind: 'answers', door, path, status: 200 },
    },
  ];
}

/** A page that is opened in a browser leads to signing in, unless it needs a certificate that a probe may not have. */
function portalPromise(
  { signIn, gateway }: Site,
  publication: ProxiedPublication,
  label: string,
  { door, path, url }: { readonly door: Door; readonly path: string; readonly url: string },
): Expectation[] {
  if (!signIn || door.client !== undefined) return [];
  const portal = `https://${signIn.at}${portSuffix(gateway)}`;
  return [
    {
      id: `${publication.name}${label}#portal`,
      about: publication.name,
      promise: message('promise.portal', { url, portal }),
      because: signIn.pointer,
      probe: { kind: 'leads-to-portal', door, path, portal, ...from(publication) },
    },
  ];
}

/** What is passed through shows the service's own TLS, and what comes over it when that is http. */
function directPromises(site: Site, publication: DirectPublication): Expectation[] {
  const { name, example, pointer, audience, port, routes } = publication;
  // A port of its own is another engine's.
  if (port !== undefined) return [];
  const door: Door = {
    ...doorsOf(site, publication).https,
    ...(audience.networks ? { from: audience.networks } : {}),
  };
  const promise = (what: string, text: Message, probe: Probe): Expectation => ({
    id: `${name}#${what}`,
    about: name,
    promise: text,
    because: pointer,
    probe,
  });
  const speaksHttp = (route: Route) => serviceOf(site, route).upstreams[0]?.scheme === 'https';
  return [
    ...arrivals(door, promise),
    promise('certificate', message('promise.certificate', { name: example, days: minDays }), {
      kind: 'certificate',
      door,
      minDays,
    }),
    ...routes
      .filter(speaksHttp)
      .flatMap((route) =>
        routePromises(site, publication, route, door, `https://${example}${portSuffix(site.gateway)}`),
      ),
  ];
}

/** The security headers whose values are certain: a default that gives way to the application's own is not. */
function headerPromise(site: Site, publication: Publication, door: Door, home: string): Expectation[] {
  const certain = answerHeaders(publication).filter(
    // Beyond ASCII, what a client makes of the bytes is its own affair.
    (h) => !h.giveWay && /^[\x20-\x7e]*$/.test(h.value),
  );
  const path = publication.routes
    .map((route) => checkedPath(publication, route, serviceOf(site, route)))
    .find((found) => found !== undefined);
  if (certain.length === 0 || path === undefined) return [];
  const headers = Object.fromEntries(certain.map((h) => [h.name.toLowerCase(), h.value]));
  return [
    {
      id: `${publication.name}#headers`,
      about: publication.name,
      promise: message('promise.headers', {
        url: `${home}${path}`,
        headers: certain.map((h) => h.name).join(', '),
      }),
      because: publication.pointer,
      // On every answer, refusals included: whom the audience lets in and whether the service works is promised apart.
      probe: { kind: 'answers', door, path, headers },
    },
  ];
}

/** To whom a probe may expect an answer; where the door itself is shut to the others, it says so. */
const from = ({ audience, scenario }: Publication) =>
  audience.networks && scenario !== 'direct' ? { from: audience.networks } : {};

function routePromises(
  site: Site,
  publication: Publication,
  route: Route,
  wanted: Door | undefined,
  home: string,
): Expectation[] {
  if (!wanted) return [];
  const door = wanted;
  const service = serviceOf(site, route);
  const label = route.match === 'regex' ? `/~${route.path}` : route.path;
  const promise = (what: string, promised: Message, because: string, probe: Probe): Expectation => ({
    id: `${publication.name}${label}#${what}`,
    about: publication.name,
    promise: promised,
    because,
    probe,
  });
  const audience = from(publication);
  const title = service.title ?? service.name;
  return [
    ...answerPromise(),
    ...service.events.flatMap((event, n) => {
      const path = reached(publication, route, event);
      if (path === undefined) return [];
      return [
        promise(
          n === 0 ? 'streams' : `streams-${n + 1}`,
          message('promise.streams', { url: home + path, title }),
          `${service.pointer}/events/${n}`,
          { kind: 'streams', door, path, ...audience },
        ),
      ];
    }),
    ...(service.websocket ? echoPromise(service.websocket) : []),
  ];

  function answerPromise(): Expectation[] {
    const { healthy } = service;
    const path = checkedPath(publication, route, service);
    if (path === undefined) return [];
    const url = home + path;
    if (!healthy || reached(publication, route, healthy.path) === undefined)
      return [
        promise('answers', message('promise.reaches', { url, title }), route.pointer, {
          kind: 'answers',
          door,
          path,
          ...audience,
        }),
      ];
    const { status, contains } = healthy;
    const text =
      contains === undefined
        ? message('promise.answers', { url, title, status })
        : message('promise.answers.contains', { url, title, status, contains });
    return [
      promise('answers', text, `${service.pointer}/healthy`, {
        kind: 'answers',
        door,
        path,
        status,
        ...(contains === undefined ? {} : { contains }),
        ...audience,
      }),
    ];
  }

  function echoPromise({ path: wanted, send, contains }: NonNullable<Service['websocket']>): Expectation[] {
    const path = reached(publication, route, wanted);
    if (path === undefined) return [];
    const url = `${home.replace('https', 'wss')}${path}`;
    return [
      promise('echoes', message('promise.echoes', { url, title, contains }), `${service.pointer}/websocket`, {
        kind: 'echoes',
        door,
        path,
        send,
        contains,
        ...audience,
      }),
    ];
  }
}

/** What concerns the gateway as a whole; it is found under the first published name. */
function gatewayPromises(site: Site): Expectation[] {
  const answering = proxied(site)[0];
  const first = answering ?? passedThrough(site)[0];
  if (!first) return [];
  const doors = doorsOf(site, first);
  const promise = (what: string, promised: Message, probe: Probe): Expectation => ({
    id: `gateway#${what}`,
    about: 'gateway',
    promise: promised,
    because: site.gateway.pointer,
    probe,
  });
  return [
    promise('refuses-handshake', message('promise.refuses-handshake', { name: unknown }), {
      kind: 'refuses-handshake',
      door: doors.https,
      sni: unknown,
    }),
    promise('refuses-handshake-nameless', message('promise.refuses-handshake.nameless'), {
      kind: 'refuses-handshake',
      door: doors.https,
    }),
    // Without the proxy nothing asks for plain http to be reached.
    ...(answering
      ? [
          promise('refuses-host-http', message('promise.refuses-host.http', { host: unknown }), {
            kind: 'refuses-host',
            door: doors.http,
            scheme: 'http',
            host: unknown,
          }),
        ]
      : []),
  ];
}
