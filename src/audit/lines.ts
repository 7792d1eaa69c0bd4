import { createReadStream } from 'node:fs';

/** The lines of a file, numbered from 1. (Node's readline ends a line at U+2028 too, which a record may hold.) */
export async function* linesOf(
  file: string,
): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  let rest = Buffer.alloc(0);
  let line = 0;
  for await (const chunk of createReadStream(file)) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    let begin = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', begin)) {
      yield { text: rest.toString('utf8', begin, end), line: ++line };
      begin = end + 1;
    }
    rest = rest.subarray(begin);
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), line: ++line };
}
