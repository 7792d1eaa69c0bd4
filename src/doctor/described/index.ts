import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Partner } from '../../model/partner.ts';
import { clientVerification, type Publication, type Site } from '../../model/site.ts';
import type { ClientTls, ServerTls } from '../../model/tls.ts';
import { acmeCertificateFile } from '../../pki/acme-files.ts';
import { certificateFile } from '../../pki/certificates.ts';
import type { Network } from '../../verify/network/network.ts';
import { type Diagnosis, diagnosis, seenAt, worstFirst } from '../diagnosis.ts';
import type { Fetching } from '../fetch.ts';
import { examineServer, type HandshakeQuestion, type HandshakeReport } from '../handshake/index.ts';
import { inspectFile, type KeySource, readAuthorities } from '../inspect.ts';
import { readLists } from '../whole.ts';
import { judgeAuthorities, judgeLists } from './authorities.ts';
import type { Subject } from './subjects.ts';

/** How what is described is looked at. */
export interface DescribedQuestion {
  readonly site: Site;
  readonly now: Date;
  /** The folder that may hold the gateway's certificates; absent where the gateway is another machine. */
  readonly state?: string;
  /** A file with the root of Poterne's own authority, where it is known. */
  readonly root?: string;
  /** Where to find the gateway, in place of what names resolve to. */
  readonly address?: string;
  readonly timeout?: number;
  readonly fetching?: Fetching;
  /** Another machine to look from as well, by its name. */
  readonly from?: { readonly name: string; readonly network: Network };
  secret(file: string): Promise<string | undefined>;
}

/** What was found out about one subject. */
export interface DescribedReport {
  readonly found: readonly Diagnosis[];
  /** Handshakes that were made, by where to (and from where). */
  readonly shakes: readonly (readonly [string, HandshakeReport])[];
}

/** Everything at once about something that is described: its files, and what is served. */
export async function examineSubject(
  subject: Subject,
  question: DescribedQuestion,
): Promise<DescribedReport> {
  switch (subject.kind) {
    case 'publication':
      return examinePublication(subject.publication, question);
    case 'partner':
      return examinePartner(subject.partner, question);
    case 'configuration': {
      const { configuration } = subject;
      const found =
        configuration.kind === 'server'
          ? await examineTrust(configuration, question)
          : await examineShown(configuration, question);
      return { found: worstFirst(found), shakes: [] };
    }
  }
}

async function examinePublication(
  publication: Publication,
  question: DescribedQuestion,
): Promise<DescribedReport> {
  const { site, root } = question;
  const { example: name } = publication;
  const file = ownFile(publication, question);
  const isInternal = publication.scenario !== 'direct' && publication.tls.kind === 'internal';
  const ca = isInternal ? root : undefined;
  const held =
    file &&
    (await inspectFile(file.certificate, {
      ...base(question),
      ...file.asked,
      name,
      purpose: 'server',
      ...(ca ? { ca } : {}),
    }));
  const verification = clientVerification(site, publication);
  const { probe } = verification?.configuration ?? {};
  const { shakes, found } = await shakesOf(question, {
    server: { host: question.address ?? name, port: site.gateway.publicPort },
    name,
    ...(ca ? { ca } : {}),
    ...(probe ? { client: { certificate: probe.right.certificate, key: silent(probe.right.key) } } : {}),
  });
  const [first] = shakes;
  const served = first?.[1].chain?.path[0];
  const kept = held?.chain?.path[0];
  const differs =
    served && kept && served.sha256 !== kept.sha256
      ? seenAt(first[0], [
          diagnosis('error', 'cert.doctor.other', {
            file: file?.certificate ?? '',
            served: served.sha256,
            kept: kept.sha256,
          }),
        ])
      : [];
  // Without the certificate of a client at hand, that one is wanted is as described.
  const expected =
    verification && !probe ? found.filter(({ code }) => !code.startsWith('cert.tls.required')) : found;
  const unasked = verification?.everywhere && first?.[1].shake?.version && !first[1].shake.accepts;
  return {
    shakes,
    found: worstFirst([
      ...(unasked
        ? seenAt(first[0], [
            diagnosis('error', 'cert.doctor.unasked', { configuration: verification.configuration.name }),
          ])
        : []),
      ...differs,
      ...(held?.found ?? []),
      ...expected.filter(({ code }) => code !== 'cert.tls.unasked'),
      ...(verification ? await examineTrust(verification.configuration, question) : []),
    ]),
  };
}

/** Where a publication's certificate is kept, as far as this machine has it. */
function ownFile(
  publication: Publication,
  { state }: DescribedQuestion,
): { readonly certificate: string; readonly asked: { readonly key?: KeySource } } | undefined {
  if (publication.scenario === 'direct') return undefined;
  const { tls } = publication;
  if (tls.kind === 'files') return { certificate: tls.certificate, asked: { key: silent(tls.key) } };
  if (state === undefined) return undefined;
  const file =
    tls.kind === 'internal'
      ? certificateFile(join(state, 'certificates'), publication.id)
      : acmeCertificateFile(state, tls.certificate);
  return existsSync(file) ? { certificate: file, asked: { key: silent(file) } } : undefined;
}

async function examinePartner(partner: Partner, question: DescribedQuestion): Promise<DescribedReport> {
  const { host, port, tls, trust, pins } = partner;
  const client = tls && clientFiles(tls, question);
  const { shakes, found } = await shakesOf(question, {
    server: { host, port },
    name: trust.name,
    pins,
    ...(trust.ca === undefined ? {} : { ca: trust.ca }),
    ...(client ? { client } : {}),
  });
  return { shakes, found: worstFirst(found) };
}

/** Which client certificates a configuration accepts: its authorities, and the lists of what these revoked. */
async function examineTrust(
  { authorities, crls, probe }: ServerTls,
  question: DescribedQuestion,
): Promise<readonly Diagnosis[]> {
  const { now, root } = question;
  const files = authorities.flatMap((each) =>
    each.kind === 'file' ? [each.file] : root === undefined ? [] : [root],
  );
  const read = await Promise.all(files.map(async (file) => ({ file, ...(await readAuthorities(file)) })));
  const trusted = read.flatMap(({ certificates }) => certificates);
  const lists = await readLists(crls.map(({ file }) => file));
  const found = [
    ...read.flatMap(({ file, found: ofFile, certificates }) => [
      ...ofFile,
      ...seenAt(file, judgeAuthorities(certificates, now)),
    ]),
    ...lists.found,
    ...(await judgeLists(lists.lists, trusted, now)),
  ];
  if (!probe) return found;
  const [ca] = files;
  const held = await inspectFile(probe.right.certificate, {
    ...{
      ...base(question),
      purpose: 'client',
      key: silent(probe.right.key),
      crls: crls.map(({ file }) => file),
    },
    ...(ca !== undefined && files.length === 1 ? { ca } : {}),
  });
  return [...found, ...held.found];
}

/** What is shown to partners. */
async function examineShown(
  configuration: ClientTls,
  question: DescribedQuestion,
): Promise<readonly Diagnosis[]> {
  const client = clientFiles(configuration, question);
  if (!client) return [];
  const { found } = await inspectFile(client.certificate, {
    ...base(question),
    purpose: 'client',
    key: client.key,
  });
  return found;
}

function clientFiles({ shows }: ClientTls, { secret }: DescribedQuestion): HandshakeQuestion['client'] {
  // One of Poterne's own authority is on the gateway alone.
  if (shows.kind !== 'files') return undefined;
  const { certificate, key, passphrase } = shows;
  return {
    certificate,
    key: { file: key, passphrase: async () => (passphrase ? secret(passphrase.file) : undefined) },
  };
}

/** A handshake from here, and one from elsewhere, which must show the same certificate. */
async function shakesOf(
  { now, fetching, timeout, from }: DescribedQuestion,
  wanted: Omit<HandshakeQuestion, 'now'>,
): Promise<DescribedReport> {
  const asked = {
    now,
    ...(fetching ? { fetching } : {}),
    ...(timeout === undefined ? {} : { timeout }),
    ...wanted,
  };
  const place = `${wanted.server.host}:${wanted.server.port}`;
  const here = await examineServer(asked);
  if (!from) return { shakes: [[place, here]], found: here.found };
  const there = await examineServer({ ...asked, via: from });
  const label = `${place} (${from.name})`;
  const [one, other] = [here.chain?.path[0], there.chain?.path[0]];
  const differ =
    one && other && one.sha256 !== other.sha256
      ? seenAt(label, [
          diagnosis('error', 'cert.tls.differs', {
            vantage: from.name,
            here: `${one.sha256.slice(0, 16)}… (${one.issuer})`,
            there: `${other.sha256.slice(0, 16)}… (${other.issuer})`,
          }),
        ])
      : [];
  return {
    shakes: [
      [place, here],
      [label, there],
    ],
    found: [...differ, ...here.found, ...there.found],
  };
}

function base({ now, fetching }: DescribedQuestion) {
  return { now, ...(fetching ? { fetching } : {}) };
}

/** A key that nobody is asked to open. */
function silent(file: string): KeySource {
  return { file, passphrase: async () => undefined };
}
