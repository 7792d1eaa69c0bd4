/** A French text whose lines do not break before `:`, `;`, `?`, `!`, `»` nor after `«`: the spaces there hold together. */
export const frenchSpaces = (text: string): string => text.replace(/ (?=[:;?!»](?:\s|$))|(?<=«) /g, '\u00a0');
