/**
 * Requests that come and stay, for the memory one of them takes: n in flight at the end. Compared between two n, since
 * the program itself takes some too.
 */
import v8 from 'node:v8';
import vm from 'node:vm';
import { planOf } from '../playing.mjs';
import { inFlight as worldOf } from '../worlds.mjs';

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');

export default {
  name: 'in-flight',
  is: 'n requests that have come and not gone',
  unit: 'request in flight',
  sizes: { small: 1_000, gate: 100_000, full: 1_000_000 },
  prepare(library, n) {
    const plan = planOf(library, worldOf(n));
    return () => {
      // In the last quarter nobody comes any more. What is held then, without what tables were before they grew.
      let buffers = 0;
      let left = 20;
      const onProgress = (simulated) => {
        if (simulated < 0.9 * plan.duration || left-- <= 0) return;
        collect();
        buffers = Math.max(buffers, process.memoryUsage().arrayBuffers);
      };
      const { summary } = library.play(plan, 1, { onProgress, logs: false });
      const { arrived, in_flight: inFlight } = summary.services[0].requests;
      return { n: inFlight, work: { events: summary.engine.events, arrived }, notes: { buffers } };
    };
  },
};
