/** Messages of `demo`: code → text; `{name}` stands for a value. */
export const demo = {} as const;
