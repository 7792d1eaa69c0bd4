import { type Command, Option } from 'commander';
import { isMailAddress } from '../../lib/mailbox.ts';
import { deliver, retryQueue } from '../../mail/deliver.ts';
import { forget, type QueuedLetter, readQueue } from '../../mail/queue.ts';
import type { Mail } from '../../model/mail.ts';
import { message } from '../../model/message.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, controllerFolder } from '../context.ts';
import { type Described, requireSite } from '../description.ts';
import { endWith } from '../errors.ts';
import { exit, WrongRequest } from '../exit.ts';
import { deliveryJson, showDelivery } from '../run-send.ts';
import { table } from '../table.ts';

interface MailOptions extends CommonOptions {
  readonly site: string;
}

/** `poterne mail`: letters that wait, and whether letters can leave. */
export function mail(context: Context): Command {
  const { t } = context;
  return command(context, 'mail', 'mail.about', ['mail queue', 'mail retry', 'mail test equipe@example.fr'])
    .usage(t('cli.usage.commands'))
    .enablePositionalOptions()
    .addCommand(queue(context))
    .addCommand(retry(context))
    .addCommand(drop(context))
    .addCommand(probe(context));
}

function queue(context: Context): Command {
  const { t, out } = context;
  return command(context, 'queue', 'mail.queue.about', ['mail queue', 'mail queue --json']).action(
    (options: CommonOptions) =>
      leave(context, options, async () => {
        const letters = await readQueue(controllerFolder(options.state, process.env));
        if (options.json)
          out(JSON.stringify(letters.map((letter) => ({ ...letter, reason: reasonOf(context, letter) }))));
        else if (letters.length === 0) out(t('mail.queue.none'));
        else
          out(
            table(
              (['id', 'to', 'attempts', 'reason'] as const).map((column) => t(`mail.queue.${column}`)),
              letters.map((letter) => [
                ...[letter.id, letter.to.join(', '), String(letter.attempts)],
                reasonOf(context, letter),
              ]),
            ),
          );
        return exit.done;
      }),
  );
}

function retry(context: Context): Command {
  const { t, out } = context;
  return onSite(context, command(context, 'retry', 'mail.retry.about', ['mail retry']))
    .argument('[letter]', t('mail.letter'))
    .action((id: string | undefined, options: MailOptions) =>
      leave(context, options, async () => {
        const { mail: through } = await mailOf(context, options);
        const state = controllerFolder(options.state, process.env);
        if (id !== undefined && !(await readQueue(state)).some((letter) => letter.id === id))
          throw unknown(id);
        const asked = id === undefined ? {} : { id };
        const deliveries = await retryQueue(state, through, { all: true, ...asked });
        if (options.json) out(JSON.stringify(deliveries.map((each) => deliveryJson(context, each))));
        else if (deliveries.length === 0) out(t('mail.queue.none'));
        else for (const delivery of deliveries) showDelivery(context, delivery);
        return deliveries.every(({ is }) => is === 'sent') ? exit.done : exit.failed;
      }),
    );
}

function drop(context: Context): Command {
  const { t, out } = context;
  return command(context, 'drop', 'mail.drop.about', ['mail drop 20260102-030405-a1b2c3d4'])
    .usage(t('mail.drop.usage'))
    .argument('<letter>', t('mail.letter'))
    .action((id: string, options: CommonOptions) =>
      leave(context, options, async () => {
        if (!(await forget(controllerFolder(options.state, process.env), id))) throw unknown(id);
        out(options.json ? JSON.stringify({ dropped: id }) : t('mail.dropped', { id }));
        return exit.done;
      }),
    );
}

/** A letter that only says that letters arrive. */
function probe(context: Context): Command {
  const { t, out } = context;
  return onSite(context, command(context, 'test', 'mail.test.about', ['mail test equipe@example.fr']))
    .usage(t('mail.test.usage'))
    .argument('<address>', t('mail.test.address'))
    .action((address: string, options: MailOptions) =>
      leave(context, options, async () => {
        const { mail: through, described } = await mailOf(context, options);
        if (!isMailAddress(address))
          throw new WrongRequest('mail.address', { address }, { next: message('mail.address.next') });
        const { host, port } = through.smtp;
        const text = `${t('mail.test.text', { server: `${host}:${port}` })}\n`;
        const letter = { to: [address], subject: t('mail.test.subject'), text };
        const state = controllerFolder(options.state, process.env);
        const delivery = await deliver(state, through, letter);
        // Nobody waits for it later.
        if (delivery.is === 'kept') await forget(state, delivery.letter.id);
        if (delivery.is === 'kept') return endWith(context, delivery.fault, options.json === true, described);
        if (options.json) out(JSON.stringify(deliveryJson(context, delivery)));
        else showDelivery(context, delivery);
        return exit.done;
      }),
    );
}

function onSite({ t }: Context, made: Command): Command {
  return made.addOption(new Option('--site <file>', t('run.site')).default('site.yaml'));
}

async function mailOf(
  context: Context,
  { site: file, json }: MailOptions,
): Promise<{ readonly mail: Mail; readonly described: Described }> {
  const described = await requireSite(context, file, json);
  const { mail: found } = described.site;
  if (found) return { mail: found, described };
  throw new WrongRequest('mail.undescribed', {}, { next: message('mail.undescribed.next') });
}

function reasonOf(context: Context, { last }: QueuedLetter): string {
  return last ? context.say(last.fault) : '';
}

function unknown(id: string): WrongRequest {
  return new WrongRequest('mail.unknown', { id }, { next: message('mail.unknown.next') });
}

/** Leaves with the status that `act` gives, or that what ended it has. */
async function leave(context: Context, { json }: CommonOptions, act: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await act();
  } catch (error) {
    process.exitCode = endWith(context, error, json === true);
  }
}
