import { z } from 'zod';

/** Text on one line. */
export const text = () =>
  z.string().refine((t) => /^[^\p{Cc}]+$/u.test(t), { params: { code: 'value.text' } });

/** The path of a file, absolute or relative to the file in which it is written. */
export const filename = () =>
  z.string().refine((t) => /^[^\p{Cc}]+$/u.test(t), { params: { code: 'value.file' } });
