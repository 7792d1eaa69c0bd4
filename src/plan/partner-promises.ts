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
      const status = partner.healthy?.status;
      const what =
        status === undefined
          ? message('promise.partner.reaches', said)
          : message('promise.partner.answers', { ...said, status });
      return [
        promise('answers', what, partner.healthy ? `${pointer}/healthy` : `${pointer}/callers`, {
          kind: 'partner-answers',
          ...to,
          ...(status === undefined ? {} : { status }),
        }),
      ];
    }

    function certificatePromise(): Expectation {
      const { host, port, trust, pins, tls } = partner;
      const said = message('promise.partner.certificate', { name, host: trust.name, days: minDays });
      return promise('certificate', said, `${pointer}/trust`, {
        kind: 'partner-certificate',
        door: { name: host, port, proxyProtocol: false },
        name: trust.name,
        ...(trust.ca === undefined ? {} : { ca: trust.ca }),
        ...(tls?.shows.kind === 'files'
          ? { shown: { certificate: tls.shows.certificate, key: tls.shows.key } }
          : {}),
        pins,
        minDays,
      });
    }
  });
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
