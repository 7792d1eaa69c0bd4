import { access } from './en/access.ts';
import { acme } from './en/acme.ts';
import { acmeSite } from './en/acme-site.ts';
import { apply } from './en/apply.ts';
import { archive } from './en/archive.ts';
import { audience } from './en/audience.ts';
import { authority } from './en/authority.ts';
import { bans } from './en/bans.ts';
import { canary } from './en/canary.ts';
import { cli } from './en/cli.ts';
import { cut } from './en/cut.ts';
import { demo } from './en/demo.ts';
import { describe } from './en/describe.ts';
import { directories } from './en/directories.ts';
import { docs } from './en/docs.ts';
import { doctor } from './en/doctor.ts';
import { entry } from './en/entry.ts';
import { factors } from './en/factors.ts';
import { fleet } from './en/fleet.ts';
import { hosts } from './en/hosts.ts';
import { inventory } from './en/inventory.ts';
import { jobs } from './en/jobs.ts';
import { mail } from './en/mail.ts';
import { nftables } from './en/nftables.ts';
import { nginx } from './en/nginx.ts';
import { partners } from './en/partners.ts';
import { people } from './en/people.ts';
import { plan } from './en/plan.ts';
import { portal } from './en/portal.ts';
import { scheduler } from './en/scheduler.ts';
import { sessions } from './en/sessions.ts';
import { tls } from './en/tls.ts';
import { upkeep } from './en/upkeep.ts';
import { users } from './en/users.ts';
import { verify } from './en/verify.ts';

import { wafCrs } from './en/waf-crs.ts';
import { wafLiving } from './en/waf-living.ts';

import { wafRules } from './en/waf-rules.ts';

import { why } from './en/why.ts';

/** Every message in English, the language that defines the codes. */
export const en = {
  ...describe,
  ...plan,
  ...nftables,
  ...nginx,
  ...apply,
  ...verify,
  ...cli,
  ...bans,
  ...canary,
  ...cut,
  ...wafCrs,
  ...wafLiving,
  ...wafRules,
  ...demo,
  ...directories,
  ...docs,
  ...doctor,
  ...hosts,
  ...inventory,
  ...fleet,
  ...sessions,
  ...access,
  ...upkeep,
  ...jobs,
  ...scheduler,
  ...archive,
  ...authority,
  ...audience,
  ...why,
  ...mail,
  ...acme,
  ...tls,
  ...acmeSite,
  ...partners,
  ...people,
  ...factors,
  ...users,
  ...entry,
  ...portal,
} as const;

/** The stable code of a message. */
export type Code = keyof typeof en;
