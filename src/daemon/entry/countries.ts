import { readFile } from 'node:fs/promises';
import { Fault } from '../../model/fault.ts';
import type { Site } from '../../model/site.ts';

/**
 * What tells the country of an address. A file that cannot be read tells none: rules that let in by country let in nobody, and those that
 * deny by country deny everybody from outside.
 */
export async function countriesOf(
  { countries }: Pick<Site, 'countries'>,
  fail: (fault: Fault) => void,
): Promise<(address: string) => string | undefined> {
  if (countries === undefined) return () => undefined;
  try {
    const { readCountries } = await import('../../lib/countries.ts');
    return readCountries(await readFile(countries)).countryOf;
  } catch (error) {
    fail(
      new Fault('entry.countries', { file: countries, reason: (error as Error).message }, { cause: error }),
    );
    return () => undefined;
  }
}
