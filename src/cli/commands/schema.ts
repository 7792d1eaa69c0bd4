import type { Command } from 'commander';
import { jsonSchema } from '../../describe/index.ts';
import { command } from '../command.ts';
import type { Context } from '../context.ts';

/** `poterne schema`: the JSON Schema of the description. */
export function schema(context: Context): Command {
  return command(context, 'schema', 'schema.about', ['schema > site.schema.json']).action(() =>
    context.out(JSON.stringify(jsonSchema(), null, 2)),
  );
}
