import type { AuditEntry } from '../audit/entry.ts';
import { say } from '../i18n/index.ts';
import type { Told } from './sessions.ts';

/** What happened to a session, as the audit log has it. */
export function auditEntry(told: Told): AuditEntry {
  switch (told.what) {
    case 'session.refused': {
      const { person, host, account, from, activity, command, breakGlass, serial } = told.visitor;
      return {
        who: person ?? 'unknown',
        what: breakGlass === undefined ? told.what : 'glass.refused',
        to: `${host?.name ?? 'unknown'}/${account}`,
        ...(from ? { from } : {}),
        result: 'refused',
        detail: {
          why: say('en', told.why),
          activity,
          ...(command === undefined ? {} : { command }),
          ...(serial === undefined ? {} : { serial }),
          ...(breakGlass === undefined ? {} : { reason: breakGlass }),
        },
      };
    }
    case 'session.begin': {
      const { id, activity, command, rule, serial, breakGlass } = told.record;
      return {
        ...ground(told),
        what: breakGlass === undefined ? told.what : 'glass.begin',
        result: 'done',
        detail: {
          ...{ session: id, activity, rule },
          ...(command === undefined ? {} : { command }),
          ...(serial === undefined ? {} : { serial }),
          ...(breakGlass === undefined ? {} : { reason: breakGlass }),
        },
      };
    }
    case 'session.end': {
      const { id, ending, because, status, toMachine, fromMachine, transfers, recording, breakGlass } =
        told.record;
      return {
        ...ground(told),
        what: breakGlass === undefined ? told.what : 'glass.end',
        result: ending === 'exit' || ending === 'left' ? 'done' : 'failed',
        detail: {
          ...{ session: id, ending: ending ?? 'interrupted', toMachine, fromMachine, transfers },
          ...(because === undefined ? {} : { because }),
          ...(status === undefined ? {} : { status }),
          // Whoever changes the recording later is found out by it.
          ...(recording ? { recording: recording.sha256, bytes: recording.bytes } : {}),
        },
      };
    }
    case 'session.file': {
      const { action, path, to, bytes, result } = told.transfer;
      return {
        ...ground(told),
        what: told.what,
        result: result === 'done' ? 'done' : 'failed',
        detail: {
          ...{ session: told.record.id, action, path },
          ...(to === undefined ? {} : { to }),
          ...(bytes === undefined ? {} : { bytes }),
        },
      };
    }
  }
}

function ground({ record }: Exclude<Told, { readonly what: 'session.refused' }>) {
  const { person, host, account, from } = record;
  return { who: person, to: `${host}/${account}`, from };
}
