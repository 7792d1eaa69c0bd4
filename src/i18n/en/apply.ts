/** Messages of `apply`: code → text; `{name}` stands for a value. */
export const apply = {} as const;
