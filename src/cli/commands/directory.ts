import { type Command, Option } from 'commander';
import { harmless } from '../../lib/harmless.ts';
import type { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Directory, LdapDirectory, OpenIdDirectory } from '../../model/sign-in.ts';
import type { Site } from '../../model/site.ts';
import { type CommonOptions, command } from '../command.ts';
import type { Context } from '../context.ts';
import { descriptionFile, requireSite } from '../description.ts';
import { exit, WrongRequest } from '../exit.ts';
import { becomeInstalled } from '../with-gateway.ts';

interface TestOptions extends CommonOptions {
  readonly site?: string;
}

/** `poterne directory`: whether the directories of people answer as described. */
export function directory(context: Context): Command {
  const { t } = context;
  return command(context, 'directory', 'directory.about', ['directory test ad', 'directory test ad alice'])
    .usage(t('cli.usage.commands'))
    .enablePositionalOptions()
    .addCommand(test(context));
}

function test(context: Context): Command {
  const { t } = context;
  return command(context, 'test', 'directory.test.about', [
    'directory test ad',
    'directory test ad alice',
    'directory test ad alice --json',
  ])
    .usage(t('directory.test.usage'))
    .argument('<name>', t('directory.test.name'))
    .argument('[login]', t('directory.test.login'))
    .addOption(new Option('--site <file>', t('user.site')))
    .action(async (name: string, login: string | undefined, options: TestOptions) => {
      const file = descriptionFile(options.site);
      await becomeInstalled(file);
      const { site } = await requireSite(context, file, options.json);
      const chosen = directoryOf(site, name);
      const isGood =
        chosen.kind === 'openid'
          ? await testOpenId(context, site, chosen, login, options)
          : await testLdap(context, chosen, login, options);
      process.exitCode = isGood ? exit.done : exit.failed;
    });
}

function directoryOf({ directories = [] }: Site, name: string): Directory {
  const found = directories.find((each) => each.name === name);
  if (found) return found;
  const known = directories.map((each) => each.name).join(', ') || '–';
  throw new WrongRequest('directory.unknown', { name }, { next: message('directory.known', { known }) });
}

async function testLdap(
  context: Context,
  chosen: LdapDirectory,
  login: string | undefined,
  { json }: TestOptions,
): Promise<boolean> {
  const { t } = context;
  const { mostPeople, probeLdap } = await import('../../identity/directories/probe.ts');
  const out = json ? () => undefined : (text: string) => context.out(harmless(text));
  const good = (isGood: boolean) => (isGood ? '✓' : '✗');
  const { servers, groups, person } = await probeLdap(chosen, login, (report) => {
    const { server, milliseconds, fault, people = 0, protocol = '', certificateEnds = '' } = report;
    const ends = certificateEnds.slice(0, 10);
    const count = people >= mostPeople ? `${mostPeople}+` : String(people);
    out(
      fault
        ? `✗ ${context.say(fault)}`
        : `✓ ${t('directory.test.server', { server, milliseconds, protocol, ends, count, base: chosen.base })}`,
    );
    if (fault?.next) out(`  ${t('cli.next', { text: context.say(fault.next) })}`);
  });
  for (const { ours, theirs, dn } of groups)
    out(
      dn === undefined
        ? `✗ ${t('directory.test.group.none', { ours, theirs })}`
        : `✓ ${t('directory.test.group', { ours, dn })}`,
    );
  if (person === null) out(`✗ ${t('directory.test.person.none', { login: login ?? '' })}`);
  if (person) {
    const { user, dn, standing, theirs } = person;
    out(`${good(!standing)} ${t(`directory.test.person.${standing ?? 'good'}`, { id: user.id, dn })}`);
    out(`  ${t('directory.test.person.groups', { groups: user.groups.join(', ') || '–' })}`);
    for (const each of theirs) out(`    ${each}`);
  }
  if (json)
    context.out(
      JSON.stringify({
        name: chosen.name,
        kind: chosen.kind,
        servers: servers.map(({ fault, ...rest }) => ({ ...rest, ...faultJson(context, fault) })),
        groups,
        ...(person === undefined ? {} : { person }),
      }),
    );
  return (
    servers.every(({ fault }) => !fault) && groups.every(({ dn }) => dn !== undefined) && person !== null
  );
}

async function testOpenId(
  context: Context,
  site: Site,
  chosen: OpenIdDirectory,
  login: string | undefined,
  { json }: TestOptions,
): Promise<boolean> {
  const { t } = context;
  if (login !== undefined)
    throw new WrongRequest(
      'directory.test.provider',
      { name: chosen.name },
      {
        next: message('directory.test.provider.next', { name: chosen.name }),
      },
    );
  const { probeOpenId } = await import('../../identity/directories/probe.ts');
  const { fault, milliseconds, ...able } = await probeOpenId(chosen);
  const urls = registered(site, chosen);
  if (json)
    context.out(
      JSON.stringify({
        ...{ name: chosen.name, kind: chosen.kind, issuer: chosen.issuer, milliseconds, ...able },
        ...{ register: urls, ...faultJson(context, fault) },
      }),
    );
  else if (fault) {
    context.out(`✗ ${context.say(fault)}`);
    if (fault.next) context.out(`  ${t('cli.next', { text: context.say(fault.next) })}`);
  } else {
    context.out(`✓ ${t('directory.test.issuer', { issuer: chosen.issuer, milliseconds })}`);
    for (const what of ['pkce', 'logout', 'backChannel'] as const)
      context.out(`${able[what] ? '✓' : '–'} ${t(`directory.test.${what}`)}`);
  }
  if (!json && urls) {
    context.out(t('directory.test.register', { client: chosen.clientId }));
    context.out(`  redirect_uri             ${urls.redirect}`);
    context.out(`  post_logout_redirect_uri ${urls.signedOut}`);
    context.out(`  backchannel_logout_uri   ${urls.backChannel}`);
  }
  return !fault;
}

/** What the provider has to know of Poterne. */
function registered({ signIn, gateway }: Site, { name }: OpenIdDirectory) {
  if (!signIn) return undefined;
  const origin = `https://${signIn.at}${gateway.publicPort === 443 ? '' : `:${gateway.publicPort}`}`;
  return {
    redirect: `${origin}/sign-in/back/${name}`,
    signedOut: `${origin}/signed-out`,
    backChannel: `${origin}/openid/${name}/logout`,
  };
}

function faultJson({ say }: Context, fault: Fault | undefined) {
  if (!fault) return {};
  const { code, params, next } = fault;
  return { fault: { code, params, text: say({ code, params }), ...(next ? { next: say(next) } : {}) } };
}
