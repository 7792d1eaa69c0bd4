/** Messages of jobs: code → text; `{name}` stands for a value. */
export const jobs = {
  'schedule.words':
    'write "every day at 02:30", "weekdays at 7:30", "Mon,Thu at 6:00", "every 15 minutes", "first monday of the month at 06:00", "last day of the month at 22:00", or cron: "30 2 * * 1-5"',
  'schedule.time': 'end it with a time: "at 02:30", "at 8:00 and 18:00"',
  'schedule.minutes': 'the number of minutes must divide an hour: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30',
  'schedule.hours': 'the number of hours must divide a day: 1, 2, 3, 4, 6, 8, 12',
} as const;
