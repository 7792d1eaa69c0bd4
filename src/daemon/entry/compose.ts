import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { openAudit } from '../../audit/log.ts';
import { tellRefusals } from '../../audit/refusals.ts';
import { type FactorNeeds, openFactors } from '../../identity/factors.ts';
import { isTheirs, ownerOf } from '../../identity/owner.ts';
import { openPeople, personUser, toldOf } from '../../identity/people.ts';
import { rememberReads } from '../../identity/remembered-reads.ts';
import { steadyStore } from '../../identity/steady-store.ts';
import type { PeopleSource } from '../../identity/types.ts';
import { admit } from '../../lib/admission.ts';
import { retryQueue } from '../../mail/deliver.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { machineKey } from '../../pki/machine-key.ts';
import { followClosing } from '../cut/closing.ts';
import { sightingTeller } from '../cut/tell-sightings.ts';
import { personLetters } from '../portal/person-letters.ts';
import { lastForgotten, openBadges } from './badges.ts';
import { countriesOf } from './countries.ts';
import { type DirectorySources, openDirectories } from './directories.ts';
import { asksAgain } from './judge.ts';
import { jwksPath, keySet } from './jwks.ts';
import { type Kept, keep } from './kept.ts';
import { credentialsOf, mountPortal } from './mount.ts';
import { enterPath, leavePath, onwardPath, ownPlace, passages, passGiver, passPath } from './passage.ts';
import { type EntryOn, entryFolder } from './place.ts';
import { followStanding } from './standing.ts';
import type { Entry, Handler } from './types.ts';
import { verdicts } from './verdict.ts';
import { forgetVerdicts } from './verdict-cache.ts';

/** An entry that answers for one site. */
export interface Composed {
  readonly entry: Entry;
  handle: Handler;
  /** Ends what is idle or old. */
  sweep(): Promise<void>;
  /** Says a fault, but not at each request. */
  trouble(fault: Fault): void;
  /** Closes what the one that comes next has not taken over. */
  end(next: Composed | undefined): Promise<void>;
  readonly kept: Kept;
  readonly directories: DirectorySources;
}

/** The same fault is said so often, in milliseconds. */
const saidEvery = 60_000;
/** How long approvals that were read hold, in milliseconds. */
const remembered = 1000;

/** Puts together what answers for a site; sessions go on from `before` when they are kept in the same place. */
export async function composeEntry(
  state: string,
  site: Site,
  on: EntryOn,
  before: Composed | undefined,
): Promise<Composed> {
  const said = new Map<string, number>();
  const trouble = (fault: Fault) => {
    const last = said.get(fault.code);
    if (last !== undefined && performance.now() - last < saidEvery) return;
    said.set(fault.code, performance.now());
    on.fail(fault);
  };
  const kept = await keep(state, entryFolder(state), site, before?.kept, trouble);
  const audit = await openAudit(state);
  const refusals = tellRefusals(audit.append);
  const needs = {
    ...{ site: () => site, credentials: () => credentials, seal: () => machineKey(state) },
    ...{ audit: audit.append, now: () => new Date() },
  };
  const credentials = credentialsOf(kept.store, site.name);
  const letter = personLetters(state, site);
  // Nobody's sign-in waits for a mail server.
  const tell: FactorNeeds['tell'] = async (user, text) => {
    void letter(user, text).then((fault) => fault && trouble(fault), on.fail);
  };
  const people = openPeople({ ...needs, tell });
  tellMoved(before?.entry.site, site, tell);
  const directories = await openDirectories(site, before?.directories);
  const sources: readonly PeopleSource[] = [people, ...directories.sources];
  const entry: Entry = {
    ...{ state, site, sources, store: kept.store },
    ...{ sessions: kept.sessions, tokens: kept.tokens, signing: kept.signing, mark: kept.mark },
    standing: followStanding(sources, (session, user) => kept.sessions.renew(session, user)),
    admit: (asking) => admit(site, asking),
    country: await countriesOf(site, trouble),
    approvals: approvalsOf(site, kept),
    audit,
    refused: refusals.note,
    async forgetVerdicts() {
      await forgetVerdicts(state);
      closing.soon();
    },
    lookAtLive: () => closing.within(),
    badges: openBadges(state),
    sighted: sightings(state, trouble),
    ...{ tell: on.tell, fail: on.fail },
  };
  const closing = followClosing({
    ...{ state, site, audit, ask: asksAgain(entry) },
    trouble: (error) => trouble(faultOf(error)),
    forgotten: () => lastForgotten(state),
  });
  const passage = passages(entry);
  const answers = new Map<string, Handler>([
    ['/verdict', verdicts(entry)],
    ...[enterPath, leavePath, onwardPath].map((path) => [path, passage] as const),
    [passPath, passGiver(entry)],
    [jwksPath, keySet(entry)],
    ...directories.answers(entry),
  ]);
  const portal = mountPortal(entry, people, openFactors({ ...needs, tell })) ?? missing;
  const sweep = async () => {
    refusals.flush();
    await kept.sweep().catch((error: unknown) => trouble(faultOf(error)));
    // Letters of the portal that could not leave.
    if (site.signIn && site.mail)
      await retryQueue(state, site.mail).catch((error) => trouble(faultOf(error)));
  };
  await forgetVerdicts(state);
  if (kept !== before?.kept) void sweep();
  return {
    ...{ entry, kept, directories, trouble },
    handle(asked, answer) {
      const path = pathOf(asked);
      // nginx sends on all that is ours at publications' names, where the portal has nothing.
      return (answers.get(path) ?? (path.startsWith(ownPlace) ? missing : portal))(asked, answer);
    },
    sweep,
    async end(next) {
      refusals.flush(true);
      entry.badges.close();
      await closing.stop();
      await directories.end(next?.directories);
      if (next?.kept !== kept) await kept.close();
    },
  };
}

/** Those whose address another description had otherwise are told at that one: letters go elsewhere now. */
function tellMoved(before: Site | undefined, site: Site, tell: NonNullable<FactorNeeds['tell']>): void {
  if (before?.name !== site.name) return;
  for (const { name, email } of before.people) {
    const now = site.people.find((each) => each.name === name);
    if (email === undefined || !now || now.email?.toLowerCase() === email.toLowerCase()) continue;
    void tell({ ...personUser(site, now), email }, toldOf(site, 'email.told.changed', new Date()));
  }
}

/** What holds of approvals, where a publication's rules ask for one. */
function approvalsOf(site: Site, { store }: Kept): Entry['approvals'] {
  const asking = new Set(
    site.publications.flatMap(({ id, audience }) =>
      audience.rules?.some((rule) => rule.approval) ? [id] : [],
    ),
  );
  const steady = steadyStore(store);
  const held = rememberReads(
    (user) => steady((opened) => opened.approvals.holding(site.name, new Date(), user)),
    remembered,
  );
  return async (user, publication) => {
    if (!asking.has(publication)) return [];
    const now = new Date();
    const theirs = ((await held.get(user.id)) ?? []).filter((each) => isTheirs(each, ownerOf(user)));
    return theirs.flatMap(({ publication: of, rule, until }) =>
      of === publication && until && until > now ? { rule, until } : [],
    );
  };
}

/** Writes down whose connections there are, where a cut looks. */
function sightings(state: string, trouble: (fault: Fault) => void): Entry['sighted'] {
  const tell = sightingTeller(join(state, 'nginx'));
  return (admitted) => {
    try {
      tell(admitted);
      return true;
    } catch (error) {
      trouble(
        new Fault(
          'entry.sightings',
          { reason: String(error) },
          { cause: error, next: message('entry.sightings.next') },
        ),
      );
      return false;
    }
  };
}

const faultOf = (error: unknown): Fault =>
  error instanceof Fault ? error : new Fault('entry.defect', { reason: String(error) }, { cause: error });

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] as string;

async function missing(_: IncomingMessage, answer: ServerResponse): Promise<void> {
  answer.writeHead(404, { 'content-length': '0' }).end();
}
