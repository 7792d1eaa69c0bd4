export type { Outcome, ProbeContext, ProbeFunction } from './probe.ts';
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
