import type { Hono } from 'hono';
import { isTheirs, ownerOf } from '../../../identity/owner.ts';
import { type Html, html } from '../../../lib/html.ts';
import { publicationAt } from '../../../lib/publication-at.ts';
import type { Approval } from '../../../store/approvals.ts';
import { nameOf, tellApprovers, tellAsker, titleOf } from '../approval-letters.ts';
import { type ApprovalRule, approvable, askable, mayApprove, ruleOf } from '../approving.ts';
import { type Asked, moment, type PortalEnv, tell } from '../asked.ts';
import { area, button, form, hidden, sentBy } from '../forms.ts';
import { signedIn, sure } from '../guard.ts';
import { page } from '../layout.ts';
import type { PortalSession } from '../needs.ts';
import { onward, type Wish, wished, wishOf } from '../onward.ts';
import { pathOf } from '../places.ts';
import { problem } from '../problem.ts';
import { publicationTitle } from './applications.ts';

/** Longer reasons nobody reads. */
const longestReason = 500;

/** One-off access: somebody asks for it, somebody else accepts, it ends by itself. */
export function approvalPages(app: Hono<PortalEnv>): void {
  app.get('/ask', signedIn, async (asked) => askPage(asked, wishOf(asked)));

  app.post('/ask', signedIn, async (asked) => {
    const sent = await sentBy(asked);
    const wish = wishOf(asked, sent);
    const found = await wantedBy(asked, wish);
    if (!found) return problem(asked, 404);
    const reason = (sent.reason ?? '').trim().slice(0, longestReason);
    if (reason === '') return askPage(asked, wish, tell(asked, 'portal.ask.reason.none'));
    const { approvals, audit, now } = asked.get('needs');
    const { user } = asked.get('session') as PortalSession;
    const site = asked.get('site');
    const request = {
      ...{ person: user.id, owner: ownerOf(user), publication: found.publication.id },
      ...{ rule: found.rule.id, reason },
    };
    await audit({
      ...{ who: user.id, what: 'approval.ask', to: found.publication.name, result: 'done' },
      ...{ from: asked.get('whence').address, detail: { reason } },
    });
    const { approval, isNew } = await approvals.ask(site.name, request, now());
    if (isNew) tellApprovers(asked, found.publication, found.rule, approval);
    return askPage(asked, wish);
  });

  app.get('/approvals', sure, async (asked) => approvalsPage(asked));

  app.post('/approvals', sure, async (asked) => {
    const { approvals, audit, now, forgetVerdicts } = asked.get('needs');
    const { user } = asked.get('session') as PortalSession;
    const site = asked.get('site');
    const { id = '', answer = '' } = await sentBy(asked);
    const at = now();
    if (!['accept', 'refuse', 'end'].includes(answer)) return problem(asked, 404);
    const open = await (answer === 'end'
      ? approvals.holding(site.name, at)
      : approvals.waiting(site.name, at));
    const found = open.find((each) => each.id === id && approvable(site, user, each));
    const rule = found && ruleOf(site, found);
    if (!found || !rule) return approvalsPage(asked, { wrong: tell(asked, 'portal.approvals.late') });
    const publication = site.publications.find((each) => each.id === found.publication);
    const log = (what: string, detail: Record<string, string>) =>
      audit({
        ...{ who: user.id, what, to: publication?.name ?? found.publication, result: 'done' },
        ...{ from: asked.get('whence').address, detail: { person: found.person, ...detail } },
      });
    if (answer === 'end') {
      await log('approval.end', {});
      await approvals.end(site.name, id, at);
      await forgetVerdicts();
      return approvalsPage(asked, { done: tell(asked, 'portal.approvals.ended') });
    }
    const until = answer === 'accept' ? new Date(at.getTime() + rule.approval.lasts) : undefined;
    await log(`approval.${answer}`, until ? { until: until.toISOString() } : {});
    const decided = await approvals.decide(site.name, id, { by: user.id, at, ...(until ? { until } : {}) });
    if (!decided) return approvalsPage(asked, { wrong: tell(asked, 'portal.approvals.late') });
    await forgetVerdicts();
    tellAsker(asked, decided);
    return approvalsPage(asked, {
      done: tell(asked, until ? 'portal.approvals.accepted' : 'portal.approvals.refused'),
    });
  });
}

/** The publication of a wish, and the rule by which this person may ask for it. */
async function wantedBy(asked: Asked, wish: Wish) {
  const session = asked.get('session') as PortalSession;
  const publication = wish && publicationAt(asked.get('site'), wish.hostname);
  if (!wish || !publication) return undefined;
  const { admit } = asked.get('needs');
  const place = { path: pathOf(wish) };
  const verdict = await admit(session, publication, asked.get('whence').address, place);
  const rule =
    !verdict.admitted && verdict.ask
      ? ruleOf(asked.get('site'), { publication: publication.id, rule: verdict.ask.rule })
      : askable(publication, session.user);
  return rule && { publication, rule, isOpen: verdict.admitted };
}

async function askPage(asked: Asked, wish: Wish, wrong?: string): Promise<Response> {
  const found = await wantedBy(asked, wish);
  if (!wish || !found) return problem(asked, 404);
  const { approvals, now } = asked.get('needs');
  const session = asked.get('session') as PortalSession;
  const site = asked.get('site');
  if (found.isOpen) return onward(asked, wish);
  const [latest] = (await approvals.of(site.name, session.user.id)).filter(
    (each) =>
      each.publication === found.publication.id &&
      each.rule === found.rule.id &&
      isTheirs(each, ownerOf(session.user)),
  );
  const isWaiting = latest && (await approvals.waiting(site.name, now())).some(({ id }) => id === latest.id);
  const name = publicationTitle(site, found.publication);
  const hours = hoursOf(found.rule);
  return page(asked, {
    title: tell(asked, 'portal.ask.title', { name }),
    wrong,
    ...(isWaiting ? { done: tell(asked, 'portal.ask.waiting', { at: moment(asked, latest.asked) }) } : {}),
    ...(latest?.state === 'refused' && !wrong
      ? { wrong: tell(asked, 'portal.ask.refused', { at: moment(asked, latest.decided ?? latest.asked) }) }
      : {}),
    body: isWaiting
      ? html`<p>${tell(asked, 'portal.ask.wait')}</p><p><a class="button" href="${wish.href}">${tell(asked, 'portal.ask.try')}</a></p>`
      : html`<p>${tell(asked, 'portal.ask.text', { hours })}</p>
${form(
  asked,
  '/ask',
  html`${wished(wish)}
${area({ name: 'reason', label: tell(asked, 'portal.ask.reason'), longest: longestReason, isWrong: wrong !== undefined })}
<p class="actions">${button(tell(asked, 'portal.ask.go'))}</p>`,
)}`,
  });
}

/** For how long a rule's approval lets somebody in. */
const hoursOf = ({ approval }: ApprovalRule): number => Math.round((approval.lasts / 3_600_000) * 10) / 10;

async function approvalsPage(
  asked: Asked,
  told: { readonly wrong?: string; readonly done?: string } = {},
): Promise<Response> {
  const { approvals, now } = asked.get('needs');
  const { user } = asked.get('session') as PortalSession;
  const site = asked.get('site');
  if (!mayApprove(site, user)) return problem(asked, 404);
  const mine = (all: readonly Approval[]) => all.filter((each) => approvable(site, user, each));
  const waiting = mine(await approvals.waiting(site.name, now()));
  const holding = mine(await approvals.holding(site.name, now()));
  return page(asked, {
    title: tell(asked, 'portal.approvals'),
    wide: true,
    ...told,
    body: html`<h2>${tell(asked, 'portal.approvals.open')}</h2>
${
  waiting.length === 0
    ? html`<p>${tell(asked, 'portal.approvals.none')}</p>`
    : html`<ul class="rows">${waiting.map((each) => row(asked, each, ['accept', 'refuse']))}</ul>`
}
${
  holding.length > 0 &&
  html`<h2>${tell(asked, 'portal.approvals.holding')}</h2>
<ul class="rows">${holding.map((each) => row(asked, each, ['end']))}</ul>`
}`,
  });
}

function row(asked: Asked, approval: Approval, answers: readonly ('accept' | 'refuse' | 'end')[]): Html {
  const { id, person, publication, reason, asked: at, until } = approval;
  const name = nameOf(asked, publication);
  const rule = ruleOf(asked.get('site'), approval);
  const when = until
    ? tell(asked, 'portal.applications.until', { until: moment(asked, until) })
    : tell(asked, 'portal.approvals.asked', { at: moment(asked, at), hours: rule ? hoursOf(rule) : 0 });
  return html`<li><div><strong>${titleOf(asked, person)}</strong> → ${name}
<small>${reason}</small><small>${when}</small></div>
${form(
  asked,
  '/approvals',
  html`${hidden('id', id)}<p class="actions">${answers.map((answer) =>
    button(tell(asked, `portal.approvals.${answer}`), {
      ...{ name: 'answer', value: answer, quiet: answer === 'refuse', danger: answer === 'end' },
      label: tell(asked, `portal.approvals.${answer}.of`, { person: titleOf(asked, person), name }),
    }),
  )}</p>`,
)}</li>`;
}
