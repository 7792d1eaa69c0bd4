import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { withExclusions } from './add-exclusions.ts';

const added = [{ rule: 942100, path: '/search', target: 'ARGS:q', why: 'it’s: "honest"' }];
const edited = (text: string) =>
  withExclusions({ text, document: parseDocument(text) }, '/publications/erp.example.fr', added);
/** The lines that were not there. */
const news = (text: string) => {
  const lines = text.split('\n');
  const after = edited(text)?.split('\n') ?? [];
  // Nothing of what was there is touched.
  expect(after.filter((line) => lines.includes(line)).join('\n')).toBe(
    text.trimEnd() + (text.endsWith('\n') ? '\n' : ''),
  );
  return after.filter((line) => !lines.includes(line)).join('\n');
};

const item = (column: number, dash = '- ') =>
  [`${dash}rule: 942100`, '  path: /search', '  target: ARGS:q', '  why: "it’s: \\"honest\\""']
    .map((line) => ' '.repeat(column) + line)
    .join('\n');

describe('an exclusion is added', () => {
  test('behind those that are there, whatever follows them', () => {
    const text = `# Ours
site: a
publications:
    erp.example.fr:   # the ERP
        service: erp
        waf:
            exclusions:
            # an old one
            - { rule: 1, path: /a, why: x } # still needed

            - rule: 2
              path: /b
              why: |
                two
                lines
            # of the next publication
    other.example.fr: { service: erp }
`;
    expect(news(text)).toBe(item(12).replace('"it’s: \\"honest\\""', `'it’s: "honest"'`));
  });

  test('to a firewall without any', () => {
    const text = `site: a
publications:
  erp.example.fr:
    waf:
      mode: observe   # until Monday

  # a comment
  other.example.fr:
    service: erp
`;
    expect(news(text)).toContain('      exclusions:\n        - rule: 942100\n');
    expect(edited(text)).toContain('# until Monday\n      exclusions:');
  });

  test('where the firewall is as it is by default, and the file ends without a line feed', () => {
    const text = 'site: a\npublications:\n  erp.example.fr:\n    service: erp\n    scenario: proxy+waf';
    expect(edited(text)).toBe(
      `${text}\n    waf:\n      exclusions:\n        - rule: 942100\n          path: /search\n          target: ARGS:q\n          why: 'it’s: "honest"'\n`,
    );
  });

  test.each([
    'publications:\n  erp.example.fr: { service: erp, waf: { mode: observe } } # here\n',
    'zones: { lan: {networks: [10.0.0.0/24]} }\npublications: { erp.example.fr: { service: erp } }\n',
    'publications:\n  erp.example.fr: {service: erp, waf: {mode: observe,\n    # why\n    } }\n',
    'publications:\n  erp.example.fr:\n    waf: {}\n    # comment\n    service: erp\n',
    'publications:\n  erp.example.fr:\n    service: erp\n    waf:\n      exclusions: []\n',
    'publications:\n  erp.example.fr:\n    service: erp\n    waf: { exclusions: [{ rule: 1, path: /, why: x }] }\n',
  ])('where it is written in one line: %j', (text) => {
    const after = edited(text) ?? '';
    expect(
      parseDocument(after).getIn(['publications', 'erp.example.fr', 'waf', 'exclusions', -1]),
    ).toBeUndefined();
    const list = parseDocument(after).toJS().publications['erp.example.fr'].waf.exclusions;
    expect(list.at(-1)).toEqual(added[0]);
    // One stretch is new, and nothing else.
    const same = [...text].findIndex((character, n) => character !== after[n]);
    expect(after.endsWith(text.slice(same))).toBe(true);
  });

  test('nowhere where an alias stands for the publication or its firewall', () => {
    const text = 'x: &a { mode: observe }\npublications:\n  erp.example.fr:\n    service: erp\n    waf: *a\n';
    expect(edited(text)).toBeUndefined();
  });
});
