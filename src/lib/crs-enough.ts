/** Where so much was found that a request is refused in any case, rules that follow are not asked: the words of it that rules and files share. */

/** Behind the rules that look for attacks. */
export const enoughMarker = 'POTERNE_ENOUGH';

/** Of a transaction: that not all rules were asked. */
export const enoughFound = 'poterne_enough_found';

/** Of 3.3 and of 4: what rules add up, level by level. */
export const enoughScores = ['ANOMALY_SCORE', 'INBOUND_ANOMALY_SCORE']
  .flatMap((name) => [1, 2, 3, 4].map((level) => `TX:${name}_PL${level}`))
  .join('|');

export const enoughOperator = '@ge %{tx.poterne_enough}';

export const enoughActions = [
  ...['phase:2', 't:none', 'pass', 'nolog', `setvar:tx.${enoughFound}=1`, `skipAfter:${enoughMarker}`],
];

const firstId = 10_090;

/** The rules for SQL are many, and take seconds over nothing but attacks: it is looked before each level of theirs, too. */
export const stoppedByLevel = (text: string): string =>
  text.replace(
    /^(?=SecRule TX:(?:EXECUTING|DETECTION)_PARANOIA_LEVEL "@lt ([2-4])" "id:942\d{3},phase:2,)/gm,
    (_, level: string) =>
      `SecRule ${enoughScores} "${enoughOperator}" "${[`id:${firstId + Number(level)}`, ...enoughActions].join(',')}"\n`,
  );
