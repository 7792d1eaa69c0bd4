import { createHash } from 'node:crypto';
import { type Html, html } from '../../lib/html.ts';
import { type Asked, tell } from './asked.ts';

/**
 * What a browser does for a passkey (Web Authentication, §5.1): before a form with such a field is sent, it fetches what the passkey is
 * made or shown with, asks the device, and puts the answer into the field. Bytes travel as base64url.
 */
const script = `'use strict';
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
const named = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function answerOf(kind, options) {
  const challenge = bytes(options.challenge);
  if (kind === 'make') {
    const user = { ...options.user, id: bytes(options.user.id) };
    const excludeCredentials = named(options.excludeCredentials);
    const made = await navigator.credentials.create({ publicKey: { ...options, challenge, user, excludeCredentials } });
    const { clientDataJSON, attestationObject } = made.response;
    const transports = made.response.getTransports?.() ?? [];
    return [made, { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject), transports }];
  }
  const allowCredentials = named(options.allowCredentials);
  const shown = await navigator.credentials.get({ publicKey: { ...options, challenge, allowCredentials } });
  const { clientDataJSON, authenticatorData, signature, userHandle } = shown.response;
  return [shown, {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    ...(userHandle ? { userHandle: text(userHandle) } : {}),
  }];
}

for (const field of document.querySelectorAll('input[data-passkey]')) {
  const { form } = field;
  const failed = form.querySelector('[data-failed]');
  const { passkey: kind, from } = field.dataset;
  let busy = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    failed.hidden = true;
    try {
      const token = form.elements.namedItem('form').value;
      const fetched = await fetch(from, { method: 'POST', headers: { 'X-Poterne-Form': token } });
      if (!fetched.ok) throw new Error(String(fetched.status));
      const [credential, response] = await answerOf(kind, await fetched.json());
      const { id, type, authenticatorAttachment } = credential;
      const rawId = text(credential.rawId);
      const clientExtensionResults = credential.getClientExtensionResults();
      field.value = JSON.stringify({ id, rawId, type, authenticatorAttachment, clientExtensionResults, response });
      HTMLFormElement.prototype.submit.call(form);
    } catch {
      failed.hidden = false;
    } finally {
      busy = false;
    }
  });
}
for (const each of document.querySelectorAll('[data-scripted]')) each.hidden = !window.PublicKeyCredential;
for (const each of document.querySelectorAll('[data-unscripted]')) each.hidden = !!window.PublicKeyCredential;
`;

/** The script, and its path, which changes when it does. */
export const passkeyScript = {
  text: script,
  path: `/passkey-${createHash('sha256').update(script).digest('hex').slice(0, 12)}.js`,
} as const;

/** What a form has whose answer is a passkey's; where no script runs, or the browser knows no passkeys, it says so. `from` is where the browser asks first. */
export function passkeyField(asked: Asked, kind: 'make' | 'show', from: string): Html {
  return html`<input type="hidden" name="passkey" data-passkey="${kind}" data-from="${from}">
<p class="wrong" role="alert" data-failed hidden>${tell(asked, 'factors.passkey.failed')}</p>
<p class="wrong" data-unscripted>${tell(asked, 'factors.passkey.script')}</p>`;
}
