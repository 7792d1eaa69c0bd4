/** Messages of `describe`: code → text; `{name}` stands for a value. */
export const describe = {
  'value.duration': '"{value}" is not a duration: write a number and a unit, such as 30s, 5m, 12h or 90d',
  'value.size': '"{value}" is not a size: write a number and a unit, such as 512kB, 20MB or 5GB',
  'value.rate': '"{value}" is not a rate: write a number per second or per minute, such as 10/s or 300/m',
  'value.network':
    '"{value}" is not a network: write an address or a CIDR block, such as 10.0.0.0/24 or 2001:db8::/32',
} as const;
