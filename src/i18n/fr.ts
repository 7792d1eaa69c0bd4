import { access } from './fr/access.ts';
import { acme } from './fr/acme.ts';
import { acmeSite } from './fr/acme-site.ts';
import { apply } from './fr/apply.ts';
import { archive } from './fr/archive.ts';
import { audience } from './fr/audience.ts';
import { authority } from './fr/authority.ts';
import { bans } from './fr/bans.ts';
import { canary } from './fr/canary.ts';
import { cli } from './fr/cli.ts';
import { cut } from './fr/cut.ts';
import { demo } from './fr/demo.ts';
import { describe } from './fr/describe.ts';
import { directories } from './fr/directories.ts';
import { docs } from './fr/docs.ts';
import { doctor } from './fr/doctor.ts';
import { entry } from './fr/entry.ts';
import { factors } from './fr/factors.ts';
import { fleet } from './fr/fleet.ts';
import { hosts } from './fr/hosts.ts';
import { inventory } from './fr/inventory.ts';
import { jobs } from './fr/jobs.ts';
import { mail } from './fr/mail.ts';
import { nftables } from './fr/nftables.ts';
import { nginx } from './fr/nginx.ts';
import { partners } from './fr/partners.ts';
import { people } from './fr/people.ts';
import { plan } from './fr/plan.ts';
import { portal } from './fr/portal.ts';
import { scheduler } from './fr/scheduler.ts';
import { sessions } from './fr/sessions.ts';
import { tls } from './fr/tls.ts';
import { upkeep } from './fr/upkeep.ts';
import { users } from './fr/users.ts';
import { verify } from './fr/verify.ts';

import { wafCrs } from './fr/waf-crs.ts';
import { wafLiving } from './fr/waf-living.ts';

import { wafRules } from './fr/waf-rules.ts';

import { why } from './fr/why.ts';

/** Every message in French: the same codes as English, which the types of its parts ensure. */
export const fr = {
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
