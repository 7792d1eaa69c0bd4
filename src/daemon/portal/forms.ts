import { type Html, html } from '../../lib/html.ts';
import type { Asked } from './asked.ts';
import { formToken, tokenField } from './token.ts';

/** A form that only this browser can send, to a path of the portal. */
export function form(asked: Asked, action: string, content: Html, id?: string): Html {
  return html`<form method="post" action="${action}"${id !== undefined && html` id="${id}"`}>
${hidden(tokenField, formToken(asked))}
${content}
</form>`;
}

/** A value that goes along with a form. */
export function hidden(name: string, value: string | undefined): Html {
  return value === undefined ? html`` : html`<input type="hidden" name="${name}" value="${value}">`;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'password' | 'email';
  readonly value?: string | undefined;
  /** What browsers and password managers fill in (HTML, 4.10.18.7). */
  readonly autocomplete: string;
  readonly inputmode?: 'numeric';
  /** Said below the label. */
  readonly hint?: string | undefined;
  /** What is wrong with what was typed; the page's own message has the same words. */
  readonly isWrong?: boolean | undefined;
  readonly focus?: boolean | undefined;
  readonly isOptional?: boolean;
}

/** A field with its label. */
export function field(one: Field): Html {
  const { name, label, type = 'text', value, autocomplete, inputmode, hint, isWrong, focus } = one;
  const described = [hint !== undefined ? `${name}-hint` : '', isWrong ? 'wrong' : '']
    .filter(Boolean)
    .join(' ');
  return html`<p class="field"><label for="${name}">${label}</label>
${hint !== undefined && html`<small id="${name}-hint">${hint}</small>`}
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false"${
    value !== undefined && html` value="${value}"`
  }${inputmode && html` inputmode="${inputmode}"`}${described && html` aria-describedby="${described}"`}${
    isWrong && html` aria-invalid="true"`
  }${!one.isOptional && html` required`}${focus && html` autofocus`}></p>`;
}

export interface Button {
  /** Beside something more important. */
  readonly quiet?: boolean;
  readonly danger?: boolean;
  readonly name?: string;
  readonly value?: string;
  /** What is said of it where its words alone do not tell ("End" of which session). */
  readonly label?: string;
}

export function button(text: string, { quiet, danger, name, value, label }: Button = {}): Html {
  const kind = danger ? 'danger' : quiet ? 'quiet' : 'main';
  return html`<button class="${kind}"${name && html` name="${name}" value="${value}"`}${
    label && html` aria-label="${label}"`
  }>${text}</button>`;
}

/** What a form sent: texts only, the last of each name. */
export async function sentBy(asked: Asked): Promise<Readonly<Record<string, string>>> {
  const body = await asked.req.parseBody();
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

/** A field for several lines. */
export function area(one: {
  readonly name: string;
  readonly label: string;
  readonly longest: number;
  readonly isWrong?: boolean;
}): Html {
  const { name, label, longest, isWrong } = one;
  return html`<p class="field"><label for="${name}">${label}</label>
<textarea id="${name}" name="${name}" maxlength="${longest}" rows="3"${isWrong && html` aria-invalid="true" aria-describedby="wrong" autofocus`} required></textarea></p>`;
}
