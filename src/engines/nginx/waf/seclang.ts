/** ModSecurity's language (SecLang): the only writer and escaper of it. */

/** An action of a rule: a name, or a name with what it is given. */
export type Action = string | readonly [name: string, value: string];

/** A text inside double quotes, where only they and the backslash before them mean something else. */
function quoted(text: string): string {
  if (/\\(?:"|$)/.test(text)) throw new Error(`a backslash before a quote in a rule: ${text}`);
  if (/\p{Cc}/u.test(text)) throw new Error(`control character in a rule: ${JSON.stringify(text)}`);
  return `"${text.replaceAll('"', '\\"')}"`;
}

/** The actions of a rule, in the quotes that they stand in. */
function actionList(actions: readonly Action[]): string {
  const words = actions.map((action) => {
    if (typeof action === 'string') return action;
    const [name, value] = action;
    if (/['"\\]/.test(value)) throw new Error(`quotes in an action: ${value}`);
    return `${name}:'${value}'`;
  });
  return quoted(words.join(','));
}

/** What is done with every request. */
export const secAction = (actions: readonly Action[]): string => `SecAction ${actionList(actions)}`;

/** What is done with requests of which some variable satisfies an operator. */
export const secRule = (variables: string, operator: string, actions: readonly Action[]): string =>
  `SecRule ${variables} ${quoted(operator)} ${actionList(actions)}`;

/** What rules do of which nothing else is said. */
export const secDefaultAction = (actions: readonly Action[]): string =>
  `SecDefaultAction ${actionList(actions)}`;
