import type { Finding, Severity } from '../model/finding.ts';
import type { Message } from '../model/message.ts';
import type { Pointer } from '../model/pointer.ts';
import type { Sources } from './merge.ts';
import type { Parsed } from './parse.ts';

/** What a check looks at, and where it puts what it finds. */
export interface Checking {
  readonly parsed: Parsed;
  readonly sources: Sources;
  report(severity: Severity, finding: Omit<Finding, 'severity'>): void;
  /** A hint that names the place of something else. */
  other(at: Pointer, onKey?: boolean): Message;
  /** Reports a name that nothing of its kind has. */
  reference(section: keyof typeof unknownCodes, name: string, at: Pointer): void;
  /** Whether an entry is as it was written, so that what it lacks means something. */
  whole(at: Pointer): boolean;
}

/** What a name is that nothing of its kind has. */
export const unknownCodes = {
  zones: 'zone.unknown',
  hosts: 'host.unknown',
  services: 'service.unknown',
  people: 'person.unknown',
  calendars: 'calendar.unknown',
  jobs: 'job.unknown',
  directories: 'directory.unknown',
  'tls-configurations': 'tls-configuration.unknown',
} as const;
