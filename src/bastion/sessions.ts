import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { say } from '../i18n/index.ts';
import type { Verdict } from '../lib/access.ts';
import { type Message, message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { type Channel, openChannel } from './channel.ts';
import { type Visitor, verdictOf, visitorOf, type Whence } from './entry.ts';
import type { Frame } from './frames.ts';
import type { Admitted, Count, Exit, Hello, Size, Transfer } from './protocol.ts';
import type { Ending, SessionRecord } from './record.ts';
import { type Recording, type Recordings, sessionId } from './recordings.ts';

/** What is told of a session to the audit log, as it happens. */
export type Told =
  | { readonly what: 'session.begin' | 'session.end'; readonly record: SessionRecord }
  | { readonly what: 'session.refused'; readonly visitor: Visitor; readonly why: Message }
  | { readonly what: 'session.file'; readonly record: SessionRecord; readonly transfer: Transfer };

/** What the sessions of a bastion stand on. */
export interface Ground {
  /** The description as it is now. */
  readonly site: () => Site;
  readonly recordings: Recordings;
  /** Throws when it cannot be written: then nothing of what was to be told goes on. */
  readonly audit: (told: Told) => Promise<void>;
  /** A certificate for one account of one machine, for this session's key. */
  readonly certify: (record: SessionRecord, publicKey: string) => Promise<string>;
  /** Who made the connection that a session came over. */
  readonly whence: (connection: string) => Promise<Whence | undefined>;
  /** Whether this certificate, or all of this person's, were taken back. */
  readonly isRevoked: (record: Pick<SessionRecord, 'person' | 'serial'>) => boolean;
  /** Tells everybody that somebody broke the glass. */
  readonly alarm: (record: SessionRecord) => Promise<void>;
  /** Something went wrong that no person is in front of. */
  readonly trouble: (error: unknown) => void;
  /** Why nothing can be written down just now, if so: nothing goes on then. */
  readonly unwritable: () => Promise<Message | undefined>;
}

/** The sessions that go on. */
export interface Sessions {
  /** Somebody comes in. */
  enter(socket: Socket): void;
  /** Asks of every session again whether it may go on. */
  review(): void;
  /** How many go on. */
  count(): number;
  /** Ends those that are named by their ID or their person; which they were. */
  cut(name: string, reason: string): readonly SessionRecord[];
  /** Ends all of them, and waits until their records are written. */
  close(): Promise<void>;
}

/** How long a session process has to say what it wants, and to leave when it is told to; milliseconds. */
const patience = { hello: 10_000, leave: 500 } as const;
/** How often room is looked for, and permissions are, whatever their end; milliseconds. */
const every = { room: 1000, review: 30_000 } as const;

/** One who was let in. */
interface Live {
  readonly record: SessionRecord;
  readonly recording: Recording;
  count: Count;
  transfers: number;
  exit?: Exit;
  /** It is being ended, and why. */
  ended?: { readonly ending: Ending; readonly because?: string };
  timer?: NodeJS.Timeout;
  readonly channel: Channel;
}

/** Lets people in as the description says, records what is shown to them, and ends what may not go on. */
export function openSessions(ground: Ground): Sessions {
  const live = new Set<Live>();
  const finishing = new Set<Promise<void>>();
  let isClosing = false;
  const words = (said: Message) => say(ground.site().language, said);

  const end = (one: Live, ending: Ending, why: Message) => {
    if (one.ended) return;
    one.ended = { ending, because: words(why) };
    clearTimeout(one.timer);
    one.channel.end('end', { text: words(why) });
    setTimeout(() => one.channel.destroy(), patience.leave).unref();
  };

  const review = (one: Live) => {
    clearTimeout(one.timer);
    if (one.ended) return;
    const verdict = judge(ground, one.record);
    if (!verdict.allowed) return end(one, 'denied', verdict.why);
    const left = verdict.until ? verdict.until.getTime() - Date.now() : every.review;
    one.timer = setTimeout(() => review(one), Math.max(0, Math.min(left, every.review)));
  };

  const reviewRoom = setInterval(async () => {
    if (live.size === 0) return;
    const why = await ground.unwritable();
    if (why) for (const one of live) end(one, 'unrecorded', why);
  }, every.room);

  const finish = async (one: Live, error: unknown) => {
    live.delete(one);
    clearTimeout(one.timer);
    if (error !== undefined) ground.trouble(error);
    const own: Live['ended'] = one.exit
      ? { ending: 'exit' }
      : { ending: error === undefined ? 'left' : 'unrecorded' };
    const ended: SessionRecord = {
      ...one.record,
      ...one.count,
      transfers: one.transfers,
      ended: new Date().toISOString(),
      ...(one.ended ?? own),
      ...(one.exit ? { status: one.exit.status } : {}),
    };
    try {
      await ground.audit({ what: 'session.end', record: await one.recording.finish(ended) });
    } catch (cause) {
      ground.trouble(cause);
    }
  };

  return {
    enter(socket) {
      let one: Live | undefined;
      let isGreeted = false;
      const late = setTimeout(() => socket.destroy(), patience.hello);
      const channel = openChannel(
        socket,
        async (frame) => {
          if (one) return void (await take(ground, one, frame, (why) => end(one as Live, 'unrecorded', why)));
          if (isGreeted || frame.type !== 'hello') throw new RangeError('no greeting');
          isGreeted = true;
          clearTimeout(late);
          const answer = await admit(ground, JSON.parse(Buffer.from(frame.body).toString()), isClosing);
          if ('why' in answer) return channel.end('refused', { text: words(answer.why) });
          one = { ...answer.begun, count: { toMachine: 0, fromMachine: 0 }, transfers: 0, channel };
          live.add(one);
          channel.send('admitted', answer.admitted);
          review(one);
        },
        (error) => {
          clearTimeout(late);
          if (!one) return error === undefined ? undefined : ground.trouble(error);
          const done = finish(one, error);
          finishing.add(done);
          void done.finally(() => finishing.delete(done));
        },
      );
    },
    review: () => {
      for (const one of live) review(one);
    },
    count: () => [...live].filter(({ ended }) => !ended).length,
    cut(name, reason) {
      const found = [...live].filter(({ record }) => record.id === name || record.person === name);
      for (const one of found) end(one, 'cut', message('session.cut', { reason }));
      return found.map(({ record }) => record);
    },
    async close() {
      isClosing = true;
      clearInterval(reviewRoom);
      for (const one of live) end(one, 'interrupted', message('session.stopping'));
      while (live.size > 0 || finishing.size > 0) {
        await Promise.all(finishing);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

/** Whether somebody may be in a machine now: by the rules, and with a certificate that nobody took back. */
function judge(
  ground: Ground,
  record: Pick<SessionRecord, 'person' | 'serial' | 'host' | 'account' | 'activity' | 'breakGlass'>,
): Verdict {
  if (ground.isRevoked(record))
    return { allowed: false, why: message('session.revoked', { person: record.person }) };
  return verdictOf(ground.site(), record, new Date());
}

type Answer =
  | { readonly why: Message }
  | { readonly admitted: Admitted; readonly begun: Pick<Live, 'record' | 'recording'> };

/** Whether somebody may come in; a session begins only with everything that it will be remembered by. */
async function admit(ground: Ground, hello: Hello, isClosing: boolean): Promise<Answer> {
  const site = ground.site();
  const { visitor, why } = visitorOf(site, hello, await ground.whence(hello.connection));
  const refuse = async (reason: Message): Promise<Answer> => {
    await ground.audit({ what: 'session.refused', visitor, why: reason }).catch(ground.trouble);
    return { why: reason };
  };
  const { person, host } = visitor;
  if (why || person === undefined || !host) return refuse(why ?? message('session.unproven'));
  if (isClosing) return refuse(message('session.stopping'));
  const asked = { ...visitor, person, host: host.name };
  const verdict = judge(ground, asked);
  if (!verdict.allowed) return refuse(verdict.why);
  const hostKey = host.ssh?.hostKey;
  if (hostKey === undefined) return refuse(message('session.host-key', { host: host.name }));
  const unwritable = await ground.unwritable();
  if (unwritable) return refuse(unwritable);
  const at = new Date();
  const record: SessionRecord = {
    ...{ id: sessionId(at, randomBytes(6)), person, host: host.name, account: visitor.account },
    activity: visitor.activity,
    ...(visitor.command === undefined ? {} : { command: visitor.command }),
    from: visitor.from,
    ...(visitor.serial === undefined ? {} : { serial: visitor.serial }),
    rule: verdict.rule,
    ...(visitor.breakGlass === undefined ? {} : { breakGlass: visitor.breakGlass }),
    ...{ began: at.toISOString(), transfers: 0, toMachine: 0, fromMachine: 0 },
  };
  let isBegun = false;
  try {
    // Nothing is opened that is not written down first.
    await ground.audit({ what: 'session.begin', record });
    isBegun = true;
    const recording = await ground.recordings.begin(record, headerOf(record, hello));
    const certificate = await ground.certify(record, hello.publicKey);
    if (record.breakGlass !== undefined) await ground.alarm(record);
    return {
      admitted: {
        ...{ session: record.id, host: host.name, hostKey, certificate },
        ...{ address: host.address ?? host.name, port: host.ssh?.port ?? 22 },
        ...(record.breakGlass === undefined
          ? {}
          : { notice: say(site.language, message('session.glass.notice', { session: record.id })) }),
      },
      begun: { record, recording },
    };
  } catch (error) {
    ground.trouble(error);
    const ended = { ...record, ended: new Date().toISOString(), ending: 'unrecorded' } as const;
    if (isBegun) await ground.audit({ what: 'session.end', record: ended }).catch(ground.trouble);
    return { why: message('session.unrecorded') };
  }
}

function headerOf({ person, host, account, began, command }: SessionRecord, { terminal }: Hello) {
  const { columns, rows, name } = terminal ?? { columns: 80, rows: 24, name: undefined };
  const title = `${person}: ${account}@${host}${command === undefined ? '' : ` ${command}`}`;
  const timestamp = Math.floor(Date.parse(began) / 1000);
  return { columns, rows, timestamp, title, ...(name === undefined ? {} : { terminal: name }) };
}

/** Takes in what a session tells. What cannot be written ends it. */
async function take(
  ground: Ground,
  one: Live,
  { type, body }: Frame,
  unrecorded: (why: Message) => void,
): Promise<void> {
  const { recording, channel } = one;
  const json = <T>() => JSON.parse(Buffer.from(body).toString()) as T;
  try {
    switch (type) {
      case 'output':
      case 'error':
        await recording.shown(type, body);
        return channel.send('kept', {});
      case 'resize':
        return await recording.resized(json<Size>());
      case 'transfer': {
        const transfer = json<Transfer>();
        one.transfers += 1;
        await recording.transfer(transfer);
        return await ground.audit({ what: 'session.file', record: one.record, transfer });
      }
      case 'count':
        one.count = json<Count>();
        return;
      case 'exit': {
        one.exit = json<Exit>();
        const { toMachine, fromMachine } = one.exit;
        one.count = { toMachine, fromMachine };
        return channel.end('end', { text: '' });
      }
    }
  } catch (error) {
    ground.trouble(error);
    unrecorded(message('session.unrecorded'));
  }
}
