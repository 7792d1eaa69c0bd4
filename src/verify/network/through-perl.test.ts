import { spawn } from 'node:child_process';
import { afterAll, beforeAll } from 'vitest';
import { probeFrom } from '../testing/servers.ts';
import { openVantage, type RemoteNetwork } from './remote.ts';

// Every test of every probe once more, by way of the program that runs on a vantage host: it must make no difference.
let there: RemoteNetwork;

beforeAll(async () => {
  there = await openVantage('perl', ([program = '', ...rest]) => spawn(program, rest));
  probeFrom(there);
});

afterAll(() => there.close());

await import('../probes/reach.test.ts');
await import('../probes/http.test.ts');
await import('../probes/tls.test.ts');
await import('../probes/echoes.test.ts');
