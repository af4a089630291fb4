/**
 * W1 on the engine alone: M/M/c first come first served, utilisation 0.8, service 0.1 s, written as a user of the
 * exported engine would: queue, streams, distributions, slots and histogram, and a loop.
 */
import { createHash } from 'node:crypto';

const SERVICE = 100_000_000; // ns
const SLICE = 1_000_000_000;

export default {
  name: 'w1-engine',
  is: 'M/M/100 on the exported engine: 2 events a request',
  unit: 'request',
  world: 'w1',
  target: 3.0,
  aim: 2.2,
  sizes: { small: 50_000, warm: 200_000, gate: 1_500_000, full: 10_000_000 },
  prepare(library, n, { servers = 100 } = {}) {
    const queue = new Queue(library, n, servers);
    return () => {
      for (let until = SLICE; !queue.done; until += SLICE) queue.run(until);
      const mean = queue.stays.mean() / 1e9;
      const { sum, ...cells } = queue.stays.cells();
      const result = createHash('sha256')
        .update(JSON.stringify([queue.events, sum, cells.count, cells.min, cells.max]))
        .digest('hex');
      return {
        n: queue.stays.count,
        work: { events: queue.events, result: result.slice(0, 16) },
        // Erlang's C formula: the wait of an M/M/100 at 0.8 is 98 us on average.
        ...(servers === 100 && { law: { name: 'mean stay, s', is: 0.100098, value: mean } }),
      };
    };
  },
};

class Queue {
  constructor({ EventQueue, Sequencer, PHASES, Streams, Distribution, Draws, LatencyHistogram }, n, servers) {
    const streams = new Streams('1', 1);
    const between = new Distribution({ kind: 'exponential', mean: SERVICE / (0.8 * servers) });
    const service = new Distribution({ kind: 'exponential', mean: SERVICE });
    this.between = new Draws(between, streams.stream('arrivals', 'w1'));
    this.service = new Draws(service, streams.stream('service-time', 'w1'));
    this.queue = new EventQueue();
    this.sequencer = new Sequencer();
    this.release = PHASES.release;
    this.stays = new LatencyHistogram();
    this.arrivedAt = new Float64Array(servers);
    this.free = Int32Array.from({ length: servers }, (_, i) => i);
    this.freeCount = servers;
    this.pending = new Float64Array(1 << 10);
    this.head = 0;
    this.pendingCount = 0;
    this.left = n;
    this.events = 0;
    this.next = this.between.next();
  }

  get done() {
    return this.next === Infinity && this.queue.size === 0;
  }

  /** Everything before `until`. A completion comes before an arrival at the same instant. */
  run(until) {
    const { queue, arrivedAt, free, stays } = this;
    let { next, events } = this;
    for (;;) {
      const top = queue.topTime();
      if (next < top) {
        if (next >= until) break;
        const now = next;
        events++;
        next = --this.left > 0 ? now + this.between.next() : Infinity;
        if (this.freeCount > 0) this.serve(free[--this.freeCount], now, now);
        else this.wait(now);
      } else {
        if (top >= until) break;
        events++;
        const server = queue.pop();
        stays.record(top - arrivedAt[server]);
        if (this.pendingCount > 0) this.serve(server, this.shift(), top);
        else free[this.freeCount++] = server;
      }
    }
    this.next = next;
    this.events = events;
  }

  serve(server, arrived, now) {
    this.arrivedAt[server] = arrived;
    const end = now + this.service.next();
    this.queue.push(end, this.sequencer.next(this.release), server);
  }

  wait(now) {
    if (this.pendingCount === this.pending.length) this.grow();
    this.pending[(this.head + this.pendingCount++) & (this.pending.length - 1)] = now;
  }

  shift() {
    const arrived = this.pending[this.head];
    this.head = (this.head + 1) & (this.pending.length - 1);
    this.pendingCount--;
    return arrived;
  }

  grow() {
    const { pending, head } = this;
    this.pending = new Float64Array(2 * pending.length);
    for (let i = 0; i < pending.length; i++) this.pending[i] = pending[(head + i) & (pending.length - 1)];
    this.head = 0;
  }
}
