import { createHash, createHmac } from 'node:crypto';

/**
 * A mark tells nginx that we gave away the id beside it, of a session or of a token: who is counted by it cannot make up another. It
 * opens nothing. Its form is that of nginx's secure_link (ngx_http_secure_link_module), which knows MD5 only: nobody chooses what is
 * hashed, so that its collisions help nobody.
 */

/** The key of the marks of a machine, and of all that have its key. */
export const markKeyOf = (machineKey: string): string =>
  createHmac('sha256', machineKey).update('poterne: who is counted').digest('base64url');

/** The mark of an id: 22 characters. */
export const markOf = (key: string, id: string): string =>
  createHash('md5').update(`${key} ${id} ${key}`).digest('base64url');
