/**
 * Requests that come and stay, for the memory one of them takes: n in flight at the end. Compared between two n, since
 * the program itself takes some too.
 */
import { planOf } from '../playing.mjs';
import { inFlight } from '../worlds.mjs';

export default {
  name: 'in-flight',
  is: 'n requests that have come and not gone',
  unit: 'request in flight',
  sizes: { small: 1_000, gate: 100_000, full: 1_000_000 },
  prepare(library, n) {
    const plan = planOf(library, inFlight(n));
    return () => {
      let buffers = 0;
      const onProgress = () => {
        buffers = Math.max(buffers, process.memoryUsage().arrayBuffers);
      };
      const { summary } = library.play(plan, 1, { onProgress, logs: false });
      const { arrived, in_flight: left } = summary.services[0].requests;
      return { n: left, work: { events: summary.engine.events, arrived }, notes: { buffers } };
    };
  },
};
