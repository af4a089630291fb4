import { test } from 'vitest';
import { fleet, readings, scenario, stay } from './replications.ts';
test('ps', () => {
  for (const cpuTime of ['1s', { exponential: { mean: '1s' } }, { lognormal: { mean: '1s', cv: 1.5 } }])
    console.log(JSON.stringify(readings(scenario({ rate: 0.6, until: 60000, warmUp: 100, service: { ...fleet(1, 1000), cpu: 1, requests: { duration: '0s', cpuTime } } }).replace('2026', '7'), 60, { s: { is: 2.5, of: stay('mean') } })));
});
