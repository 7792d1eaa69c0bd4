import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contrast, inkOn, readableContrast } from './colours.ts';
import { html } from './html.ts';
import { visitorStyle } from './visitor-style.ts';

const colour = fc
  .integer({ min: 0, max: 0xffffff })
  .map((value) => `#${value.toString(16).padStart(6, '0')}`);

/** The colours of each scheme, by name. */
function schemes(style: string): Record<string, string>[] {
  return [...style.matchAll(/:root\{([^}]*)\}/g)].map(([, text = '']) =>
    Object.fromEntries(
      [...text.matchAll(/--([\w-]+):(#[0-9a-f]+)/g)].map(([, name, value]) => [name, value]),
    ),
  );
}

describe('the style of what visitors see', () => {
  test('black on white is the strongest contrast, and a known pair is what WCAG says', () => {
    expect(contrast('#000', '#ffffff')).toBeCloseTo(21, 5);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });

  test('whatever the colour of an organisation is, all texts can be read by day and by night', () => {
    fc.assert(
      fc.property(fc.option(colour, { nil: undefined }), (brand) => {
        const both = schemes(visitorStyle(brand));
        expect(both).toHaveLength(2);
        for (const scheme of both) {
          const on = (text: string, behind: string) =>
            contrast(scheme[text] as string, scheme[behind] as string);
          for (const text of ['ink', 'muted', 'accent', 'wrong', 'right'])
            for (const behind of ['page', 'card'])
              expect(on(text, behind)).toBeGreaterThanOrEqual(readableContrast);
          expect(on('on-accent', 'accent')).toBeGreaterThanOrEqual(readableContrast);
          // What is no text but must be seen: 1.4.11.
          expect(on('edge', 'card')).toBeGreaterThanOrEqual(3);
        }
      }),
    );
  });

  test('a colour that can be read stays as it is', () => {
    expect(schemes(visitorStyle('#336699'))[0]?.accent).toBe('#336699');
    expect(inkOn('#336699')).toBe('#ffffff');
  });
});

describe('templates of HTML', () => {
  test('nothing that is put in becomes markup, in text or in an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const { html: made } = html`<p title="${text}">${text}</p>`;
        expect(made.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toMatch(/<p title="[^"]*[<>]|<[^/p]|&/);
      }),
    );
    expect(html`<b>${'<script>"\u202e'}</b>`.html).toBe('<b>&lt;script&gt;&quot;\ufffd</b>');
  });

  test('HTML, lists of it and what is absent', () => {
    const items = ['a', '<'].map((each) => html`<li>${each}</li>`);
    expect(html`<ul>${items}${false}${undefined}${3}</ul>`.html).toBe('<ul><li>a</li><li>&lt;</li>3</ul>');
  });
});
