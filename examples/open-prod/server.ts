import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  languageOf,
  notFound,
  redirect,
  send,
  sendJson,
  sendPage,
  sendStyle,
  staticFile,
  urlOf,
} from '../web.ts';
import { give, receive } from './attachments.ts';
import { loginPage, ordersPage } from './pages.ts';
import { type Session, Sessions } from './sessions.ts';
import type { NewOrder, Store } from './store.ts';

const formLimit = 64 * 1024;

/** The fields of a form; `undefined` when it is larger than any of ours. */
async function formOf(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= formLimit) chunks.push(chunk);
  }
  if (size > formLimit) return undefined;
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

function orderOf(form: URLSearchParams): NewOrder | undefined {
  const customer = form.get('customer')?.trim() ?? '';
  const item = form.get('item')?.trim() ?? '';
  const quantity = /^\d{1,7}$/.test(form.get('quantity') ?? '') ? Number(form.get('quantity')) : 0;
  const price = /^(\d{1,9})(?:[.,](\d{1,2}))?$/.exec(form.get('price')?.trim() ?? '');
  if (customer === '' || item === '' || customer.length > 200 || item.length > 200) return undefined;
  if (quantity < 1 || quantity > 1_000_000 || !price) return undefined;
  return {
    customer,
    item,
    quantity,
    price: Number(price[1]) * 100 + Number((price[2] ?? '').padEnd(2, '0')),
  };
}

function sendLogin(request: IncomingMessage, response: ServerResponse, wrong: boolean): void {
  const language = languageOf(request);
  sendPage(response, { language, ...loginPage(language, wrong) }, wrong ? 401 : 200);
}

function sendOrders(
  request: IncomingMessage,
  response: ServerResponse,
  session: Session,
  store: Store,
  invalid = false,
): void {
  const language = languageOf(request);
  const page = ordersPage(language, {
    session,
    orders: store.orders(),
    attachments: store.attachments(),
    invalid,
  });
  sendPage(response, { language, script: 'app.js', ...page }, invalid ? 422 : 200);
}

/** The name in the address of an upload; `undefined` when it is not one. */
function decodedName(text: string): string | undefined {
  try {
    const name = decodeURIComponent(text);
    return name !== '' && name.length <= 200 ? name : undefined;
  } catch {
    return undefined;
  }
}

/** A plain ERP: a login, orders, attachments. It knows nothing of the gateway but `X-Forwarded-Proto`. */
export function openProd(store: Store): Server {
  const sessions = new Sessions();
  const sendScript = staticFile(new URL('public/open-prod.js', import.meta.url), 'js');

  /** What anybody may ask for. Returns whether it was that. */
  async function outside(key: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    switch (key) {
      case 'GET /web/health':
        sendJson(response, 200, { status: 'ok', orders: store.orders().length });
        return true;
      case 'GET /web/style.css':
        sendStyle(response);
        return true;
      case 'GET /web/app.js':
        sendScript(response);
        return true;
      case 'GET /':
      case 'GET /web':
      case 'GET /web/':
        redirect(response, 302, sessions.of(request) ? '/web/orders' : '/web/login');
        return true;
      case 'GET /web/login':
        sendLogin(request, response, false);
        return true;
      case 'POST /web/login': {
        const form = await formOf(request);
        const cookie = sessions.open(form?.get('login') ?? '', form?.get('password') ?? '', request);
        if (cookie) redirect(response, 303, '/web/orders', { 'set-cookie': cookie });
        else sendLogin(request, response, true);
        return true;
      }
      default:
        return false;
    }
  }

  async function inside(
    key: string,
    session: Session,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const attachment = /^(GET|PUT) \/web\/attachments\/([^/]+)$/.exec(key);
    if (key === 'GET /web/orders') return sendOrders(request, response, session, store);
    if (key === 'GET /web/api/orders') return sendJson(response, 200, store.orders());
    if (key === 'POST /web/orders' || key === 'POST /web/logout') {
      const form = await formOf(request);
      if (form?.get('token') !== session.token) {
        return send(response, 403, 'text/plain; charset=utf-8', 'this form is not ours\n');
      }
      if (key === 'POST /web/logout') {
        return redirect(response, 303, '/web/login', { 'set-cookie': sessions.close(request) });
      }
      const order = orderOf(form);
      if (!order) return sendOrders(request, response, session, store, true);
      store.addOrder(order);
      return redirect(response, 303, '/web/orders');
    }
    if (attachment?.[1] === 'PUT') {
      const name = decodedName(attachment[2] ?? '');
      if (name === undefined) return notFound(response);
      return sendJson(response, 201, await receive(request, name, store));
    }
    if (attachment) {
      const found = store.attachment(attachment[2] ?? '');
      return found ? give(response, found, store) : notFound(response);
    }
    return notFound(response);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const key = `${method} ${urlOf(request)?.pathname}`;
    if (await outside(key, request, response)) return;
    const session = sessions.of(request);
    if (session) return inside(key, session, request, response);
    if (method === 'GET') return redirect(response, 302, '/web/login');
    // The rest of an upload that nobody will read must not pass for the next request.
    response.setHeader('connection', 'close');
    send(response, 401, 'text/plain; charset=utf-8', 'log in first\n');
  }

  // A large upload takes as long as it takes; the headers must still come soon.
  const server = createServer({ requestTimeout: 0, headersTimeout: 10_000 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!request.readableAborted && !response.closed) console.error('open-prod:', error);
      if (response.headersSent) response.destroy();
      else send(response, 500, 'text/plain; charset=utf-8', 'internal error\n');
    });
  });
  return server;
}
