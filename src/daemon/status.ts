import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { runningMaster, servedHash } from '../apply/engine-process.ts';
import { type Generation, generationsOf } from '../apply/generations.ts';
import { serverEngines } from '../engines/index.ts';
import type { Standing } from '../model/applied.ts';
import type { Cut } from '../model/cut.ts';
import type { Message } from '../model/message.ts';
import type { Service, Site, Upstream } from '../model/site.ts';
import { daysLeft } from '../pki/certificates.ts';
import type { LastProof } from '../store/store.ts';
import { type CertificateReview, reviewCertificates } from './acme/review.ts';
import { type CanaryState, readCanary } from './canary/record.ts';
import { readCuts } from './cut/records.ts';
import type { Gateway } from './gateway.ts';
import { type PartnerStatus, partnersStatus } from './partners/status.ts';
import { type PortalStatus, portalStatus } from './portal/status.ts';

/** What runs, since when, with which configuration: CON-9 at a glance. JSON-safe. */
export interface Status {
  readonly site: string;
  readonly state: string;
  readonly engines: readonly EngineStatus[];
  readonly publications: readonly PublicationStatus[];
  readonly services: readonly ServiceStatus[];
  readonly partners: readonly PartnerStatus[];
  /** Where people sign in; absent where nobody does. */
  readonly portal?: PortalStatus;
  /** What is cut off. */
  readonly cuts: readonly Cut[];
  /** What became of the questions that must be refused; absent before the first. */
  readonly canary?: CanaryState;
  readonly lastProof?: LastProof;
}

export interface EngineStatus {
  readonly name: string;
  readonly running: boolean;
  readonly pid?: number;
  /** ISO 8601, UTC. */
  readonly since?: string;
  /** The hash of the configuration on disk, and of the one being served. */
  readonly configuration: string;
  readonly served?: string;
}

export interface PublicationStatus {
  readonly name: string;
  readonly services: readonly string[];
  readonly standing: 'current' | Standing['state'];
  readonly complaint?: string;
  /** What is missing; the complaint is then its code. */
  readonly lack?: Message;
  /** Whether the gateway shows a certificate for it; else the service shows its own, to those it lets in. */
  readonly ownCertificate: boolean;
  /** Whole days until the certificate expires; absent when it cannot be read. */
  readonly certificateDays?: number;
  /** Where the next certificate stands, for those that come over ACME. */
  readonly acme?: CertificateReview;
}

export interface ServiceStatus {
  readonly name: string;
  readonly upstreams: readonly { readonly address: string; readonly reachable: boolean }[];
}

/** The status of what was last applied here; `undefined` when nothing was. */
export async function status(gateway: Gateway): Promise<Status | undefined> {
  const now = new Date();
  const states: EngineStatus[] = [];
  let active: Generation | undefined;
  for (const engine of serverEngines) {
    const prefix = join(gateway.state, engine.name);
    const generation = await generationsOf(prefix).active();
    if (!generation) continue;
    active ??= generation;
    const master = await runningMaster(engine, prefix);
    const served = master && (await servedHash(engine, prefix));
    states.push({
      name: engine.name,
      running: master !== undefined,
      ...(master ? { pid: master.pid, since: master.since.toISOString() } : {}),
      configuration: generation.manifest.hash,
      ...(served ? { served } : {}),
    });
  }
  if (!active) return undefined;
  const { site } = active.manifest;
  const proof = await gateway.store.lastProof(site.name);
  const portal = await portalStatus(gateway.state, site);
  const canary = await readCanary(gateway.state);
  return {
    site: site.name,
    state: gateway.state,
    engines: states,
    publications: await Promise.all(
      publications(active, now, site.acme ? await reviewCertificates(gateway.state, site.acme) : []),
    ),
    services: await Promise.all(publishedServices(site).map(serviceStatus)),
    partners: await partnersStatus(gateway.state, active, now),
    ...(portal ? { portal } : {}),
    cuts: await readCuts(gateway.state),
    ...(canary ? { canary } : {}),
    ...(proof ? { lastProof: proof } : {}),
  };
}

/** The services that the gateway itself reaches; what they need of others is theirs to reach. */
function publishedServices({ services, publications }: Site): readonly Service[] {
  const used = new Set(publications.flatMap(({ routes }) => routes.map(({ service }) => service)));
  return services.filter(({ name }) => used.has(name));
}

function publications(
  { folder, manifest }: Generation,
  now: Date,
  reviews: readonly CertificateReview[],
): Promise<PublicationStatus>[] {
  return manifest.site.publications.map(async (publication) => {
    const { id, name, scenario, routes } = publication;
    const tls = publication.scenario !== 'direct' ? publication.tls : undefined;
    const acme = tls?.kind === 'acme' && reviews.find((review) => review.id === tls.certificate);
    const standing = manifest.standing[id];
    const record = Object.entries(manifest.files).find(([path]) => path.endsWith(`/${id}.conf`))?.[1];
    const days = await certificateDays(folder, record?.reads ?? [], now);
    return {
      name,
      services: [...new Set(routes.map((route) => route.service))],
      standing: standing?.state ?? ('current' as const),
      ...(standing ? { complaint: standing.complaint } : {}),
      ...(standing?.lack ? { lack: standing.lack } : {}),
      ownCertificate: scenario !== 'direct',
      ...(days === undefined ? {} : { certificateDays: days }),
      ...(acme ? { acme } : {}),
    };
  });
}

async function certificateDays(
  folder: string,
  reads: readonly string[],
  now: Date,
): Promise<number | undefined> {
  const path = reads.find((name) => name.startsWith('certificates/'));
  if (!path) return undefined;
  try {
    return daysLeft(new X509Certificate(await readFile(join(folder, path))), now);
  } catch {
    return undefined;
  }
}

async function serviceStatus(service: Service): Promise<ServiceStatus> {
  const upstreams = service.upstreams.map(async ({ address }) => ({
    address: address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`,
    reachable: await reachable(address),
  }));
  return { name: service.name, upstreams: await Promise.all(upstreams) };
}

/** Whether something accepts a connection there within two seconds. */
export function reachable(address: Upstream['address']): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(
      address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port },
    );
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
