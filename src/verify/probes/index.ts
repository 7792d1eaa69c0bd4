import type { Probe } from '../../model/expectation.ts';
import type { Outcome, ProbeContext, ProbeFunction } from '../probe.ts';
import { answers } from './answers.ts';
import { asksClient } from './asks-client.ts';
import { asksSignIn } from './asks-sign-in.ts';
import { certificate } from './certificate.ts';
import { clientCertificate } from './client-certificate.ts';
import { connects } from './connects.ts';
import { echoes } from './echoes.ts';
import { leadsToPortal } from './leads-to-portal.ts';
import { listens } from './listens.ts';
import { partnerAnswers } from './partner-answers.ts';
import { partnerCertificate } from './partner-certificate.ts';
import { partnerRefuses } from './partner-refuses.ts';
import { redirects } from './redirects.ts';
import { refusesConnection } from './refuses-connection.ts';
import { refusesHandshake } from './refuses-handshake.ts';
import { refusesHost } from './refuses-host.ts';
import { resolves } from './resolves.ts';
import { scanPorts } from './scan.ts';
import { streams } from './streams.ts';
import { tlsVersions } from './tls-versions.ts';
import { wafRefuses } from './waf-refuses.ts';

const probes: { readonly [K in Probe['kind']]: ProbeFunction<K> } = {
  resolves,
  listens,
  connects,
  'refuses-connection': refusesConnection,
  scan: scanPorts,
  certificate,
  'tls-versions': tlsVersions,
  redirects,
  answers,
  streams,
  echoes,
  'asks-client': asksClient,
  'asks-sign-in': asksSignIn,
  'waf-refuses': wafRefuses,
  'leads-to-portal': leadsToPortal,
  'refuses-handshake': refusesHandshake,
  'refuses-host': refusesHost,
  'partner-answers': partnerAnswers,
  'partner-refuses': partnerRefuses,
  'partner-certificate': partnerCertificate,
  'client-certificate': clientCertificate,
};

/** Tries a promise, of whichever kind it is. Never throws. */
export function runProbe(probe: Probe, context: ProbeContext): Promise<Outcome> {
  // The table pairs each kind with its own function, which the compiler cannot follow through a lookup.
  const run = probes[probe.kind] as (probe: Probe, context: ProbeContext) => Promise<Outcome>;
  return run(probe, context);
}
