import { ownerOf } from '../../identity/owner.ts';
import type { User } from '../../identity/types.ts';
import type { AudienceRule, RuleApproval } from '../../model/audience.ts';
import type { Publication, Site } from '../../model/site.ts';
import type { ApprovalRequest } from '../../store/approvals.ts';

type Described = Pick<Site, 'publications'>;

/** A rule that lets somebody in on others' word. */
export type ApprovalRule = AudienceRule & { readonly approval: RuleApproval };

const rulesOf = ({ audience }: Publication): readonly ApprovalRule[] =>
  (audience.rules ?? []).filter(
    (rule): rule is ApprovalRule => rule.verdict === 'allow' && rule.approval !== undefined,
  );

/** Whether somebody's word counts for a rule. */
export const counts = ({ approval }: ApprovalRule, { id, groups }: Pick<User, 'id' | 'groups'>): boolean =>
  approval.people.includes(id) || approval.groups.some((group) => groups.includes(group));

/** The first rule of a publication by which this person may ask to be let in. */
export function askable(publication: Publication, { id, groups }: User): ApprovalRule | undefined {
  return rulesOf(publication).find(
    ({ subject }) =>
      !subject ||
      subject.signedIn ||
      subject.people.includes(id) ||
      subject.groups.some((group) => groups.includes(group)),
  );
}

/** The rule that a request stands on, when the description still has it. */
export function ruleOf(
  { publications }: Described,
  { publication, rule }: { readonly publication: string; readonly rule: string },
): ApprovalRule | undefined {
  const found = publications.find(({ id }) => id === publication);
  return found && rulesOf(found).find(({ id }) => id === rule);
}

/** Whether somebody may answer a request: nobody answers their own, by another name neither. */
export function approvable(site: Described, user: User, request: ApprovalRequest): boolean {
  const rule = ruleOf(site, request);
  const isOwn = request.person === user.id || request.owner === ownerOf(user);
  return rule !== undefined && !isOwn && counts(rule, user);
}

/** Whether somebody's word counts anywhere. */
export const mayApprove = ({ publications }: Described, user: User): boolean =>
  publications.some((publication) => rulesOf(publication).some((rule) => counts(rule, user)));

/** The described people whose word counts for a rule. Whom a directory has in a group, only it could tell. */
export const approversOf = ({ people }: Pick<Site, 'people'>, rule: ApprovalRule) =>
  people.filter(({ name, groups }) => counts(rule, { id: name, groups }));
