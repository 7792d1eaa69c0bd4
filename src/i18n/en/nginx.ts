/** Messages of the nginx engine: code → text; `{name}` stands for a value. */
export const nginx = {} as const;
