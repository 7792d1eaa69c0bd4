import type { Certificate } from '../certificate.ts';
import { judge } from '../diagnose.ts';
import { type Diagnosis, diagnosis } from '../diagnosis.ts';
import { judgeList, type RevocationList } from '../revocation.ts';

/** What is wrong with authorities that certificates are to lead to: none is a leaf, each leads to a root among them. */
export function judgeAuthorities(authorities: readonly Certificate[], now: Date): readonly Diagnosis[] {
  return authorities.flatMap((authority) => {
    const { found } = judge([authority], { now, authorities });
    const isAuthority = authority.constraints?.ca === true;
    const { commonName = authority.subject } = authority;
    return [
      ...found.filter(({ code }) => code !== 'cert.leaf.ca'),
      ...(isAuthority ? [] : [diagnosis('error', 'cert.authority.not-ca', { subject: commonName })]),
    ];
  });
}

/** What is wrong with lists of revoked certificates: each is of one of the authorities, signed by it, and still counts. */
export async function judgeLists(
  lists: readonly RevocationList[],
  authorities: readonly Certificate[],
  now: Date,
): Promise<readonly Diagnosis[]> {
  const found = await Promise.all(
    lists.map(async (list) => {
      const issuers = authorities.filter(({ subject }) => subject === list.issuer);
      if (issuers.length === 0)
        return [diagnosis('warning', 'cert.crl.stranger', { source: list.source, issuer: list.issuer })];
      return Promise.all(issuers.map((issuer) => judgeList(list, issuer, now))).then((each) => each.flat());
    }),
  );
  return found.flat();
}
