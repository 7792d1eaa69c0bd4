import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { message } from '../../model/message.ts';
import { alarmLetter } from './letter.ts';
import type { CanaryAlarm } from './record.ts';

const alarm = (publication: string): CanaryAlarm => ({
  ...{ id: `${publication}#waf`, publication, kind: 'waf', since: '2026-11-26T08:00:00.000Z' },
  seen: message('canary.let-through', { status: 200 }),
});
const site = { name: 'mairie', language: 'fr', timezone: 'Europe/Paris' } as const;

test('a letter says which machine, what was seen since when by the site’s clock, and what to do', () => {
  const { subject, text } = alarmLetter(site, 'alarm', [alarm('erp.example.fr')]);
  expect(subject).toBe('[mairie] erp.example.fr ne refuse plus ce qui doit l’être');
  expect(text).toContain(hostname());
  expect(text).toContain(
    'erp.example.fr : le pare-feu applicatif ne fonctionne pas : la réponse à une attaque est 200, et non un refus (depuis le 2026-11-26 09:00, Europe/Paris)',
  );
  expect(text).toContain('poterne cut');
  const over = alarmLetter({ ...site, language: 'en' }, 'over', [alarm('erp.example.fr')]);
  expect(over.subject).toBe('[mairie] the alarm of erp.example.fr is over');
  expect(over.text).toContain('the web application firewall does not work: the answer to an attack is 200');
});

test('of many, one letter lists the first', () => {
  const many = Array.from({ length: 200 }, (_, n) => alarm(`p${n}.example.fr`));
  const { subject, text } = alarmLetter({ ...site, language: 'en' }, 'alarm', many);
  expect(subject).toBe('[mairie] 200 publications refuse no more what they must');
  expect(text.match(/does not work/g)).toHaveLength(30);
  expect(text).toContain('and 170 more');
});
