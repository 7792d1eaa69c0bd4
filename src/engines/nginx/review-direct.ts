import type { Finding } from '../../model/finding.ts';
import { message } from '../../model/message.ts';
import { type DirectPublication, direct, passedThrough, type Service, type Site } from '../../model/site.ts';
import { publicationOptions, serviceOptions } from './schema.ts';

/** Words of a service that mean something to nginx when connections are passed on unread. */
const forConnections: readonly string[] = ['timeouts', 'failover'];

const limitsForConnections: readonly string[] = ['connections', 'all/connections', 'download/rate', 'upload'];

/** The words of `limits`, and of what stands in it. */
const limitWords = (limits: object): string[] =>
  Object.entries(limits).flatMap(([word, value]) =>
    typeof value === 'object' && word !== 'requests'
      ? Object.keys(value).map((inner) => `${word}/${inner}`)
      : [word],
  );

/** What the description asks of direct publications and cannot be had. */
export function directFindings(site: Site): Finding[] {
  return [
    ...frontFindings(site),
    ...direct(site).flatMap(publicationFindings),
    ...site.services.flatMap((service) => serviceFindings(site, service)),
  ];
}

function frontFindings(site: Site): Finding[] {
  const { trustedFronts, proxyProtocol, pointer } = site.gateway;
  if (passedThrough(site).length === 0 || trustedFronts.length === 0 || proxyProtocol) return [];
  return [
    {
      severity: 'error',
      code: 'nginx.direct.fronts',
      params: {},
      pointer: `${pointer}/trusted-fronts`,
      onKey: true,
      hint: message('nginx.direct.fronts.hint'),
    },
  ];
}

function publicationFindings(publication: DirectPublication): Finding[] {
  const { name, pointer, port } = publication;
  const { limits = {}, ...rest } = publicationOptions(publication);
  const words = [
    ...Object.keys(rest),
    ...limitWords(limits)
      // A port of its own does not lead through nginx at all.
      .filter((word) => port !== undefined || !limitsForConnections.includes(word))
      .map((word) => `limits/${word}`),
  ];
  return words.map((word) => ({
    severity: 'error',
    code: 'nginx.direct.word',
    params: { name, word: word.replaceAll('/', '.') },
    pointer: `${pointer}/${word}`,
    onKey: true,
  }));
}

/** A service that the proxy leads to as well has its words for that. */
function serviceFindings(site: Site, service: Service): Finding[] {
  const users = site.publications.filter(({ routes }) => routes.some((r) => r.service === service.name));
  if (users.length === 0 || users.some(({ scenario }) => scenario !== 'direct')) return [];
  const isPassed = users.some((p) => p.scenario === 'direct' && p.port === undefined);
  return Object.keys(serviceOptions(service))
    .filter((word) => !isPassed || !forConnections.includes(word))
    .map((word) => ({
      severity: 'error',
      code: 'nginx.direct.service',
      params: { service: service.name, word },
      pointer: `${service.pointer}/${word}`,
      onKey: true,
    }));
}
