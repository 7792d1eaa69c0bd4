import type { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';

/** Exit statuses of every command. */
export const exit = {
  /** Done, and every promise held. */
  done: 0,
  /** A promise, a host or the world failed. */
  failed: 1,
  /** The request was wrong: the description, the options. */
  wrong: 2,
} as const;

/** The description was refused: its findings are the answer. */
export class Refused extends Error {
  readonly findings: readonly Finding[];
  constructor(findings: readonly Finding[]) {
    super('the description has errors');
    this.findings = findings;
  }
}

/** The status that an error ends the process with. */
export function statusOf(error: unknown): number {
  return error instanceof Refused ? exit.wrong : exit.failed;
}

/** A fault as JSON, cause included; what scripts read. */
export function faultJson(fault: Fault): object {
  return {
    code: fault.code,
    params: fault.params,
    ...(fault.cause instanceof Error ? { cause: fault.cause.message } : {}),
  };
}
