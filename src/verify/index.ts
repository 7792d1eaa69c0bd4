export { thisMachine } from './network/local.ts';
export type { Network } from './network/network.ts';
export { openVantage, type RemoteNetwork, type RunThere } from './network/remote.ts';
export type { ClientCertificate, ClientCertificates, Outcome, ProbeContext, ProbeFunction } from './probe.ts';
export { runProbe } from './probes/index.ts';
export {
  adviceFor,
  type Counts,
  countEvidence,
  evidenceJson,
  evidenceReport,
  type ReportOptions,
  type SaidEvidence,
} from './report.ts';
export { observe, type VerifyOptions, verify } from './verify.ts';
