/**
 * What a path in its normal form does not have (RFC 3986, 6.2.2): what nginx, or somebody behind it, would resolve, merge or decode into
 * another path. A regular expression, for the path as it was sent.
 */
export const misshapen = [
  ...['//', '/\\.{1,2}(?:/|;|%3b|$)', '\\\\', '#'],
  ...['%2f', '%5c', '%2e', '%[01][0-9a-f]', '%7f', '%25(?:2e|2f|5c)'],
].join('|');
