import { html, type Language, type Markup } from '../web.ts';
import type { Session } from './sessions.ts';
import type { Attachment, Order } from './store.ts';

const words = {
  en: {
    login: 'Log in to Open-Prod',
    user: 'User',
    password: 'Password',
    enter: 'Log in',
    leave: 'Log out',
    wrong: 'Wrong user or password.',
    orders: 'Orders',
    customer: 'Customer',
    item: 'Item',
    quantity: 'Quantity',
    price: 'Unit price (€)',
    total: 'Total (€)',
    date: 'Date',
    add: 'Create the order',
    none: 'No order yet.',
    attachments: 'Attachments',
    file: 'File to attach',
    send: 'Send',
    size: 'Size (bytes)',
    invalid:
      'An order needs a customer, an item, a whole quantity from 1 to 1,000,000 and a price such as 12.50.',
  },
  fr: {
    login: 'Connexion à Open-Prod',
    user: 'Utilisateur',
    password: 'Mot de passe',
    enter: 'Se connecter',
    leave: 'Se déconnecter',
    wrong: 'Utilisateur ou mot de passe incorrect.',
    orders: 'Commandes',
    customer: 'Client',
    item: 'Article',
    quantity: 'Quantité',
    price: 'Prix unitaire (€)',
    total: 'Total (€)',
    date: 'Date',
    add: 'Créer la commande',
    none: 'Aucune commande pour l’instant.',
    attachments: 'Pièces jointes',
    file: 'Fichier à joindre',
    send: 'Envoyer',
    size: 'Taille (octets)',
    invalid:
      'Une commande demande un client, un article, une quantité entière de 1 à 1 000 000 et un prix tel que 12,50.',
  },
} as const;

function euros(language: Language, cents: number): string {
  return (cents / 100).toLocaleString(language, { minimumFractionDigits: 2 });
}

export function loginPage(language: Language, wrong: boolean): { title: string; body: Markup } {
  const text = words[language];
  return {
    title: text.login,
    body: html`<h1>${text.login}</h1>
${wrong ? html`<p class="error" role="alert">${text.wrong}</p>` : html``}
<form class="card" method="post" action="login">
<label>${text.user} <input name="login" autocomplete="username" required autofocus></label>
<label>${text.password} <input name="password" type="password" autocomplete="current-password" required></label>
<button>${text.enter}</button>
</form>`,
  };
}

function orderRow(language: Language, order: Order): Markup {
  return html`<tr><td class="number">${order.id}</td><td>${order.createdAt}</td><td>${order.customer}</td><td>${order.item}</td>
<td class="number">${order.quantity}</td><td class="number">${euros(language, order.quantity * order.price)}</td></tr>
`;
}

function attachmentRow(attachment: Attachment): Markup {
  return html`<tr><td><a href="attachments/${attachment.id}">${attachment.name}</a></td>
<td class="number">${attachment.size}</td><td><code>${attachment.sha256}</code></td></tr>
`;
}

export interface OrdersPage {
  readonly session: Session;
  readonly orders: readonly Order[];
  readonly attachments: readonly Attachment[];
  /** What was sent was not an order. */
  readonly invalid: boolean;
}

export function ordersPage(language: Language, page: OrdersPage): { title: string; body: Markup } {
  const text = words[language];
  const token = html`<input type="hidden" name="token" value="${page.session.token}">`;
  return {
    title: `Open-Prod: ${text.orders}`,
    body: html`<h1>Open-Prod</h1>
<form method="post" action="logout">${token}${page.session.user} <button>${text.leave}</button></form>
<h2>${text.orders}</h2>
${page.invalid ? html`<p class="error" role="alert">${text.invalid}</p>` : html``}
<table><thead><tr><th class="number">№</th><th>${text.date}</th><th>${text.customer}</th><th>${text.item}</th>
<th class="number">${text.quantity}</th><th class="number">${text.total}</th></tr></thead>
<tbody>${page.orders.map((order) => orderRow(language, order))}</tbody></table>
${page.orders.length === 0 ? html`<p class="soft">${text.none}</p>` : html``}
<form class="card" method="post" action="orders">${token}
<label>${text.customer} <input name="customer" maxlength="200" required></label>
<label>${text.item} <input name="item" maxlength="200" required></label>
<label>${text.quantity} <input name="quantity" inputmode="numeric" required></label>
<label>${text.price} <input name="price" inputmode="decimal" required></label>
<button>${text.add}</button>
</form>
<h2>${text.attachments}</h2>
<table><thead><tr><th>${text.file}</th><th class="number">${text.size}</th><th>SHA-256</th></tr></thead>
<tbody>${page.attachments.map(attachmentRow)}</tbody></table>
<form class="card" id="upload">
<label>${text.file} <input type="file" required></label>
<button>${text.send}</button> <output></output>
</form>`,
  };
}
