import { z } from 'zod';
import { isMailAddress } from '../../lib/mailbox.ts';
import { word } from '../../lib/words.ts';

/** Text on one line. */
export const text = () =>
  z.string().refine((t) => /^[^\p{Cc}]+$/u.test(t), { params: { code: 'value.text' } });

/** An address that a letter may go to. */
export const mailAddress = () => word('value.email', (t) => (isMailAddress(t) ? t : undefined));

/** The path of a file, absolute or relative to the file in which it is written. */
export const filename = () =>
  z.string().refine((t) => /^[^\p{Cc}]+$/u.test(t), { params: { code: 'value.file' } });
