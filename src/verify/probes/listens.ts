import { message } from '../../model/message.ts';
import { attempting, kept } from '../attempt.ts';
import { connect } from '../connect.ts';
import type { ProbeFunction } from '../probe.ts';
import { isLocalhost } from '../resolve.ts';

/** Something accepts TCP connections at the door. */
export const listens: ProbeFunction<'listens'> = ({ door }, context) =>
  attempting(context, async (attempt) => {
    const { place } = await connect(door, attempt);
    const byRule = isLocalhost(door.name) && context.vantage.address === undefined;
    return kept(
      byRule
        ? message('seen.listens.localhost', { place, name: door.name })
        : message('seen.listens.held', { place }),
    );
  });
