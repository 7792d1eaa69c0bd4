/** Messages of `cli`: code → text; `{name}` stands for a value. */
export const cli = {} as const;
