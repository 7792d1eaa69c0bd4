import type { Kysely } from 'kysely';
import { sha256 } from '../lib/digest.ts';
import type { Tables } from './schema.ts';

/** What somebody asks for: to be let into a publication for a time, which a rule of its audience lets others grant. */
export interface ApprovalRequest {
  /** The id of the person, and of the publication. */
  readonly person: string;
  /** Whose it is for good: who has their name later is another (`src/identity/owner.ts`). Absent where it was not noted. */
  readonly owner?: string;
  readonly publication: string;
  /** The id of the rule. */
  readonly rule: string;
  readonly reason: string;
}

export interface Approval extends ApprovalRequest {
  readonly id: string;
  readonly asked: Date;
  readonly state: 'asked' | 'accepted' | 'refused';
  /** Who decided, and when. */
  readonly by?: string;
  readonly decided?: Date;
  /** When what was accepted ends by itself. */
  readonly until?: Date;
}

/** Access that is asked for and granted for a time. */
export interface ApprovalStore {
  /** Remembers a request; one of the same that nobody has answered yet stays as it is, and comes back. */
  ask(site: string, request: ApprovalRequest, at: Date): Promise<{ approval: Approval; isNew: boolean }>;
  /** Accepts until a moment, or refuses; `undefined` when somebody was faster, or there is none. */
  decide(
    site: string,
    id: string,
    decision: { readonly by: string; readonly at: Date; readonly until?: Date },
  ): Promise<Approval | undefined>;
  /** Ends one that was accepted; false when it had ended. */
  end(site: string, id: string, at: Date): Promise<boolean>;
  /** Those that hold at a moment. */
  holding(site: string, at: Date, person?: string): Promise<readonly Approval[]>;
  /** Those that nobody has answered, oldest first; nobody answers one after a week. */
  waiting(site: string, at: Date): Promise<readonly Approval[]>;
  /** The latest of a person, newest first. */
  of(site: string, person: string): Promise<readonly Approval[]>;
}

const week = 7 * 86_400_000;
/** How long they are kept. */
const retention = 90 * 86_400_000;

/** The approvals' part of a store. */
export function approvalStore(db: Kysely<Tables>): ApprovalStore {
  const rows = (site: string) => db.selectFrom('approval').selectAll().where('site', '=', site);
  const since = (at: Date) => new Date(at.getTime() - week).toISOString();
  const one = async (site: string, id: string) => {
    const row = await rows(site).where('id', '=', id).executeTakeFirst();
    return row && approvalOf(row);
  };

  return {
    async ask(site, request, at) {
      const { person, owner = null, publication, rule } = request;
      const same = rows(site)
        .where('person', '=', person)
        .where('publication', '=', publication)
        .where('rule', '=', rule)
        .where('owner', owner === null ? 'is' : '=', owner);
      const before = await same.execute();
      const known = before.find((row) => row.state === 'asked' && row.asked > since(at));
      if (known) return { approval: approvalOf(known), isNew: false };
      // Of many at once, also at two gateways, all find the same before them: they have one id, and one of them is written.
      const named = [site, person, owner, publication, rule, ...before.map(({ id }) => id).sort()];
      const row = {
        ...{ site, id: sha256(JSON.stringify(named)), person, owner, publication, rule },
        ...{ reason: request.reason, asked: at.toISOString(), state: 'asked' as const },
        ...{ by: null, decided: null, until: null },
      };
      const { numInsertedOrUpdatedRows: count = 0n } = await db
        .insertInto('approval')
        .values(row)
        .onConflict((c) => c.column('id').doNothing())
        .executeTakeFirstOrThrow();
      if (count === 0n) return { approval: (await one(site, row.id)) ?? approvalOf(row), isNew: false };
      await db
        .deleteFrom('approval')
        .where('asked', '<', new Date(at.getTime() - retention).toISOString())
        .execute();
      return { approval: approvalOf(row), isNew: true };
    },
    async decide(site, id, { by, at, until }) {
      const { numUpdatedRows } = await db
        .updateTable('approval')
        .set({
          state: until ? 'accepted' : 'refused',
          by,
          decided: at.toISOString(),
          until: until?.toISOString() ?? null,
        })
        .where('site', '=', site)
        .where('id', '=', id)
        .where('state', '=', 'asked')
        .where('asked', '>', since(at))
        .executeTakeFirst();
      return numUpdatedRows === 0n ? undefined : one(site, id);
    },
    async end(site, id, at) {
      const { numUpdatedRows } = await db
        .updateTable('approval')
        .set({ until: at.toISOString() })
        .where('site', '=', site)
        .where('id', '=', id)
        .where('state', '=', 'accepted')
        .where('until', '>', at.toISOString())
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async holding(site, at, person) {
      let found = rows(site).where('state', '=', 'accepted').where('until', '>', at.toISOString());
      if (person !== undefined) found = found.where('person', '=', person);
      return (await found.orderBy('until').execute()).map(approvalOf);
    },
    waiting: async (site, at) =>
      (
        await rows(site)
          .where('state', '=', 'asked')
          .where('asked', '>', since(at))
          .orderBy('asked')
          .limit(500)
          .execute()
      ).map(approvalOf),
    of: async (site, person) =>
      (await rows(site).where('person', '=', person).orderBy('asked', 'desc').limit(50).execute()).map(
        approvalOf,
      ),
  };
}

type Row = Tables['approval'];

function approvalOf({
  id,
  person,
  owner,
  publication,
  rule,
  reason,
  asked,
  state,
  by,
  decided,
  until,
}: Row): Approval {
  return {
    ...{ id, person, publication, rule, reason, state },
    ...(owner === null ? {} : { owner }),
    asked: new Date(asked),
    ...(by === null ? {} : { by }),
    ...(decided === null ? {} : { decided: new Date(decided) }),
    ...(until === null ? {} : { until: new Date(until) }),
  };
}
