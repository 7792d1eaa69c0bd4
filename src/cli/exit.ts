import { Fault } from '../model/fault.ts';

/** Exit statuses of every command. */
export const exit = {
  /** Done, and every promise held. */
  done: 0,
  /** A promise, a host or the world failed. */
  failed: 1,
  /** The request was wrong: the description, the options. */
  wrong: 2,
} as const;

/** The description was refused; its findings have been shown. */
export class Refused extends Error {}

/** Nothing is wrong with the world: what the command was asked cannot be, so that it leaves with 2. */
export class WrongRequest extends Fault {}
