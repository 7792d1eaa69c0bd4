/** Messages of `verify`: code → text; `{name}` stands for a value. */
export const verify = {} as const;
