import { inNetwork, isAddress } from '../lib/ip.ts';
import type { Expectation, Probe } from '../model/expectation.ts';
import { type Message, message } from '../model/message.ts';
import type { Partner } from '../model/partner.ts';
import type { Host, Site } from '../model/site.ts';

/** How long before its end a certificate must have been renewed. */
const minDays = 14;

/**
 * What is promised of partners to whoever stands on a described machine: to callers that calls come through, to others that they
 * do not, and to the gateway that the partner is who it should be.
 */
export function partnerPromises(site: Site, vantage: Host): Expectation[] {
  return site.partners.flatMap((partner) => {
    const { name, pointer } = partner;
    const promise = (what: string, said: Message, because: string, probe: Probe): Expectation => ({
      id: `${vantage.name}→partner/${name}#${what}`,
      about: `partner/${name}`,
      promise: said,
      because,
      probe,
      vantages: [vantage.name],
    });
    const isGateway = vantage.name === site.gateway.host;
    return [...callPromises(), ...(isGateway ? [certificatePromise()] : [])];

    function callPromises(): Expectation[] {
      const door = site.gateway.partners;
      const own = vantage.addresses.filter(isAddress);
      if (!door || own.length === 0) return [];
      const path = `/${name}${checkedPath(partner)}`;
      const to = { addresses: door.listen, port: door.port, path };
      const may = own.some((address) => partner.networks.some((network) => inNetwork(address, network)));
      const said = { name, vantage: vantage.name, path };
      // What the gateway says to itself comes from whichever of its addresses.
      if (!may)
        return isGateway
          ? []
          : [
              promise('refuses', message('promise.partner.refuses', said), `${pointer}/callers`, {
                kind: 'partner-refuses',
                ...to,
              }),
            ];
      return [
        promise(
          'answers',
          ...answersOf(partner, { vantage: vantage.name, addresses: door.listen, port: door.port }),
        ),
      ];
    }

    function certificatePromise(): Expectation {
      return promise('certificate', ...certificateOf(partner));
    }
  });
}

/**
 * The same for whoever stands on the gateway, where the description does not say which host that is: that the partner is who it should
 * be, and that calls come through where the gateway may call itself.
 */
export function partnerPromisesHere(site: Site): Expectation[] {
  const door = site.gateway.partners;
  return site.partners.flatMap((partner) => {
    const { name } = partner;
    const promise = (what: string, said: Message, because: string, probe: Probe): Expectation => ({
      ...{ id: `partner/${name}#${what}`, about: `partner/${name}`, promise: said, because, probe },
    });
    const own = door?.listen.filter((address) =>
      partner.networks.some((network) => inNetwork(address, network)),
    );
    return [
      ...(door && own && own.length > 0
        ? [
            promise(
              'answers',
              ...answersOf(partner, { vantage: own[0] ?? '', addresses: own, port: door.port }),
            ),
          ]
        : []),
      promise('certificate', ...certificateOf(partner)),
    ];
  });
}

type Promised = readonly [said: Message, because: string, probe: Probe];

/** That a call comes through to the partner. */
function answersOf(
  partner: Partner,
  {
    vantage,
    ...to
  }: { readonly vantage: string; readonly addresses: readonly string[]; readonly port: number },
): Promised {
  const { name, pointer, healthy } = partner;
  const path = `/${name}${checkedPath(partner)}`;
  const said = { name, vantage, path };
  return [
    healthy === undefined
      ? message('promise.partner.reaches', said)
      : message('promise.partner.answers', { ...said, status: healthy.status }),
    healthy ? `${pointer}/healthy` : `${pointer}/callers`,
    { kind: 'partner-answers', ...to, path, ...(healthy ? { status: healthy.status } : {}) },
  ];
}

/** That the partner is who it should be. */
function certificateOf({ name, host, port, trust, pins, tls, pointer }: Partner): Promised {
  return [
    message('promise.partner.certificate', { name, host: trust.name, days: minDays }),
    `${pointer}/trust`,
    {
      kind: 'partner-certificate',
      door: { name: host, port, proxyProtocol: false, ...(tls ? { client: tls.name } : {}) },
      name: trust.name,
      ...(trust.ca === undefined ? {} : { ca: trust.ca }),
      ...(tls?.shows.kind === 'files'
        ? { shown: { certificate: tls.shows.certificate, key: tls.shows.key } }
        : {}),
      pins,
      minDays,
    },
  ];
}

/** That the certificates that are shown to partners are good; wherever one stands, since files are read here. */
export function clientPromises(site: Site): Expectation[] {
  return site.partners.flatMap(({ name, tls }) =>
    tls?.shows.kind === 'files'
      ? [
          {
            id: `partner/${name}#client-certificate`,
            about: `partner/${name}`,
            promise: message('promise.partner.client', { name, days: minDays }),
            because: `${tls.pointer}/certificate`,
            probe: { kind: 'client-certificate' as const, file: tls.shows.certificate, minDays },
          },
        ]
      : [],
  );
}

/** What to ask a partner for when nothing says how one knows that it works: the first path that may be asked for. */
function checkedPath({ healthy, paths }: Partner): string {
  return healthy?.path ?? encodeURI(paths[0]?.path ?? '/');
}
