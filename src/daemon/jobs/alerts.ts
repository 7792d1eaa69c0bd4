import { hostname } from 'node:os';
import { sealAndSend } from '../../fleet/archive/send.ts';
import { translate } from '../../i18n/index.ts';
import { deliver, retryQueue } from '../../mail/deliver.ts';
import { Fault } from '../../model/fault.ts';
import type { Job } from '../../model/job.ts';
import type { Site } from '../../model/site.ts';
import type { Alert } from '../../store/job-history.ts';
import type { Ending, Holder } from '../../store/jobs.ts';
import type { Store } from '../../store/store.ts';
import { alertText } from './words.ts';

/** What telling people needs. */
export interface Telling {
  readonly holder: Holder;
  readonly state: string;
  readonly tell: { alert(alert: Alert): void; fault(fault: Fault): void };
}

/** Letters of one go. */
const mostLetters = 20;

/**
 * Tells people what nobody has been told of yet: one gateway does, once for each. A letter that does not leave is kept and tried
 * again. Throws nothing but bugs.
 */
export async function tellAlerts(on: Telling, site: Site, store: Store): Promise<void> {
  try {
    if (site.mail) await retryQueue(on.state, site.mail).catch(() => []);
    if ((await store.jobs.untold(site.name)).length === 0) return;
    await store.jobs.alone(site.name, 'alerts', on.holder, async () => {
      for (const alert of (await store.jobs.untold(site.name)).slice(0, mostLetters)) {
        const job = site.jobs.find(({ name }) => name === alert.job);
        if (job && site.mail && job.alert.length > 0) {
          const { subject, text } = alertText(site, job, alert);
          const delivery = await deliver(on.state, site.mail, { to: job.alert, subject, text });
          if (delivery.is === 'kept') on.tell.fault(delivery.fault);
        }
        await store.jobs.told(site.name, alert);
        on.tell.alert(alert);
      }
    });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (!error.code.startsWith('store.')) on.tell.fault(error);
  }
}

/** Sends the results of a job to those who get them; what goes wrong is told, and changes nothing of how it ended. */
export async function mailResults(on: Telling, site: Site, job: Job, { detail }: Ending): Promise<void> {
  const { run } = detail;
  if (!site.mail || job.mail.length === 0 || typeof run !== 'string') return;
  try {
    const text = translate(site.language, 'job.letter.results', { job: job.name, machine: hostname() });
    const { delivery } = await sealAndSend({
      state: on.state,
      run,
      site,
      mail: site.mail,
      to: job.mail,
      text,
    });
    if (delivery.is === 'kept') on.tell.fault(delivery.fault);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    on.tell.fault(error);
  }
}
