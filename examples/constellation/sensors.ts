import { readdirSync, readFileSync } from 'node:fs';
import { freemem, loadavg, totalmem, uptime } from 'node:os';

/** One measure of this machine, taken now. */
export interface Sensor {
  /** Unique among the sensors; its kind is what stands before a colon. */
  readonly id: string;
  readonly value: number;
  readonly unit: '' | '%' | 's' | '°C';
}

const thermal = '/sys/class/thermal';

/** The thermometers that the machine has; a virtual one often has none. */
function thermometers(): Sensor[] {
  try {
    return readdirSync(thermal)
      .filter((zone) => zone.startsWith('thermal_zone'))
      .flatMap((zone) => {
        try {
          const value = Number(readFileSync(`${thermal}/${zone}/temp`, 'utf8')) / 1000;
          return [{ id: `temperature:${zone.replace('thermal_zone', '')}`, value, unit: '°C' } as const];
        } catch {
          // A thermometer that is switched off refuses to be read.
          return [];
        }
      });
  } catch {
    return [];
  }
}

export function readSensors(): readonly Sensor[] {
  const memory = (100 * (totalmem() - freemem())) / totalmem();
  return [
    { id: 'load', value: Math.round((loadavg()[0] ?? 0) * 100) / 100, unit: '' },
    { id: 'memory', value: Math.round(memory * 10) / 10, unit: '%' },
    { id: 'uptime', value: Math.floor(uptime()), unit: 's' },
    ...thermometers(),
  ];
}
