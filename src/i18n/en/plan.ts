/** Messages of `plan`: code → text; `{name}` stands for a value. */
export const plan = {} as const;
