import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import type { CertificateSeen, Lasting } from '../../../daemon/certificates/list.ts';
import { servedGateway } from '../../../daemon/reach.ts';
import { Fault } from '../../../model/fault.ts';
import type { CertificateRecord } from '../../../pki/authority/ledger.ts';
import { askAuthority } from '../../authority-at.ts';
import { type Context, stateFolder } from '../../context.ts';
import { requireSite } from '../../description.ts';
import { showFault } from '../../errors.ts';
import { exit, WrongRequest } from '../../exit.ts';
import { type GatewayOptions, gatewayCommand, reachOf } from '../../reach.ts';
import { table } from '../../table.ts';

interface ListOptions extends GatewayOptions {
  readonly issued?: boolean;
  readonly soon: string;
}

const colours = { expired: 'red', missing: 'red', soon: 'red', near: 'yellow', unseen: 'yellow' } as const;

/** `poterne cert list`: every certificate that the site depends on, those with the least time left first. */
export function certList(context: Context): Command {
  const { t, out } = context;
  return gatewayCommand(context, 'list', 'cert.list.about', [
    'cert list',
    'cert list --site /etc/poterne/site.yaml --soon 30 --json',
    'cert list --issued',
  ])
    .option('--issued', t('cert.list.issued'))
    .option('--soon <days>', t('cert.list.soon'), '21')
    .action(async (options: ListOptions) => {
      if (options.issued) {
        const { records } = await askAuthority(context, options, { verb: 'records' });
        out(options.json ? JSON.stringify(records) : issuedTable(context, records));
        return;
      }
      const soon = Number(options.soon);
      if (!Number.isInteger(soon) || soon < 1 || soon > 3650)
        throw new WrongRequest('cert.issue.days.form', { value: options.soon, most: 3650 });
      const found = await look(context, options, soon);
      out(options.json ? JSON.stringify(found) : seenTable(context, found));
      const bad = found.filter(({ lasting }) => ['expired', 'missing', 'soon'].includes(lasting));
      if (!options.json) {
        const unseen = found.filter(({ lasting }) => lasting === 'unseen').length;
        out('');
        out(t('cert.list.counts', { all: found.length, bad: bad.length, unseen }));
      }
      if (bad.length > 0) process.exitCode = exit.failed;
    });
}

async function look(
  context: Context,
  options: ListOptions,
  soon: number,
): Promise<readonly CertificateSeen[]> {
  const { site } = await requireSite(context, options.site, options.json);
  const state = stateFolder(options.state, process.env);
  const gateway = servedGateway(site);
  const isHere = (!gateway || reachOf(site, options).here === gateway.name) && (await isReadable(state));
  // What the authority says is a part: without it, all the rest is still worth knowing.
  const told = async () => {
    try {
      const standing = await askAuthority(context, options, { verb: 'standing' });
      return { standing, ...(await askAuthority(context, options, { verb: 'records' })) };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (!options.json) showFault(context, error);
      return {};
    }
  };
  const { certificatesOf } = await import('../../../daemon/certificates/list.ts');
  return certificatesOf(site, {
    ...{ now: new Date(), soon },
    ...(isHere ? { state } : {}),
    ...(gateway || isHere ? await told() : {}),
  });
}

async function isReadable(state: string): Promise<boolean> {
  return access(join(state, 'certificates'), constants.R_OK).then(
    () => true,
    () => false,
  );
}

function seenTable(context: Context, found: readonly CertificateSeen[]): string {
  const { t } = context;
  const head = (['days', 'origin', 'for', 'until', 'where'] as const).map((column) =>
    t(`cert.list.${column}`),
  );
  return table(
    head,
    found.map(({ origin, for: what, days, until, where, trouble, lasting }) => [
      paint(context, lasting, days === undefined ? (lasting === 'endless' ? '∞' : '?') : `${days}`),
      t(`cert.list.origin.${origin}`),
      origin === 'root' || origin === 'issuing'
        ? t('cert.list.authority')
        : t('cert.list.text', { text: what }),
      lasting === 'missing' ? t('cert.list.missing') : (until?.slice(0, 10) ?? '–'),
      t('cert.list.text', { text: trouble === undefined ? where : `${where} (${trouble})` }),
    ]),
  );
}

function issuedTable(context: Context, records: readonly CertificateRecord[]): string {
  const { t } = context;
  const head = (['name', 'purpose', 'serial', 'until', 'who', 'state'] as const).map((column) =>
    t(`cert.list.${column}`),
  );
  const now = Date.now();
  return table(
    head,
    records.map(({ name, purpose, serial, until, who, revoked }) => [
      t('cert.list.text', { text: name }),
      t(`cert.purpose.word.${purpose}`),
      serial,
      until.slice(0, 10),
      t('cert.list.text', { text: who }),
      revoked
        ? t('cert.list.revoked', { reason: revoked.reason, at: revoked.at.slice(0, 10) })
        : t(Date.parse(until) < now ? 'cert.list.over' : 'cert.list.valid'),
    ]),
  );
}

function paint({ colour }: Context, lasting: Lasting, text: string): string {
  const style = lasting in colours ? colours[lasting as keyof typeof colours] : undefined;
  return colour && style ? styleText(style, text) : text;
}
