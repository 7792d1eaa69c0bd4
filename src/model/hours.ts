/** Hours of some days of the week; those that end at or before they begin end on the day after. */
export interface Hours {
  /** 1 is Monday, 7 Sunday. */
  readonly days: readonly number[];
  /** Minutes since midnight, 0 to 1439. */
  readonly from: number;
  /** Minutes since midnight, 1 to 1440. */
  readonly to: number;
}

/** Hours of the week; none of them means never. */
export type WeeklyHours = readonly Hours[];
