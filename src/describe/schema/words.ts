import { z } from 'zod';
import { isAddress } from '../../lib/ip.ts';
import { isMailAddress } from '../../lib/mailbox.ts';
import { word } from '../../lib/words.ts';
import { isHost } from '../names.ts';

/** Text on one line. */
export const text = () =>
  z.string().refine((t) => /^[^\p{Cc}]+$/u.test(t), { params: { code: 'value.text' } });

/** An address that a letter may go to. */
export const mailAddress = () => word('value.email', (t) => (isMailAddress(t) ? t : undefined));

/** The path of a file, absolute or relative to the file in which it is written. */
export const filename = () =>
  z.string().refine((t) => /^[^\p{Cc}]+$/u.test(t), { params: { code: 'value.file' } });

/** An address, IPv4 or IPv6. */
export const address = () => word('value.address', (t) => (isAddress(t) ? t : undefined));

/** An address or a DNS name. */
export const host = () => word('value.host', (t) => (isHost(t) ? t : undefined));

/** A port of TCP or UDP. */
export const port = () => z.number().int().min(1).max(65_535);
