/**
 * The reference kernel: a queue with a hundred servers, written by hand on typed arrays, and never changed again.
 *
 * It is the yardstick. Nanoseconds differ from machine to machine and from minute to minute; a program's time over
 * that of this kernel, run just before and after it, hardly does. Therefore it uses nothing of the project (own
 * generator, own heap, own statistics), and therefore a change to it, however small, voids every ratio that was ever
 * written down: do not touch it, not even to make it faster.
 *
 * M/M/100, first come first served, utilisation 0.8, service 0.1 s.
 */
const SERVERS = 100;
const SERVICE = 0.1;
const RATE = (0.8 * SERVERS) / SERVICE;
const PENDING = 1 << 16;

class Kernel {
  constructor(n) {
    this.left = n;
    this.state = Int32Array.of(0x1234567, 0x2468ace, 0x13579bd, 0x3c6ef372);
    this.times = new Float64Array(SERVERS + 8);
    this.servers = new Int32Array(SERVERS + 8);
    this.size = 0;
    this.arrivedAt = new Float64Array(SERVERS);
    this.free = new Int32Array(SERVERS);
    for (let i = 0; i < SERVERS; i++) this.free[i] = i;
    this.freeCount = SERVERS;
    this.pending = new Float64Array(PENDING);
    this.head = 0;
    this.pendingCount = 0;
    this.cells = new Uint32Array(4096);
    this.sum = 0;
    this.events = 0;
    this.next = this.exponential() / RATE;
  }

  /** xoshiro128** and -ln(u). */
  exponential() {
    const s = this.state;
    let product = Math.imul(s[1], 5);
    product = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return -Math.log(((product >>> 0) + 0.5) * 2.3283064365386963e-10);
  }

  push(time, server) {
    const { times, servers } = this;
    let hole = this.size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      if (times[parent] <= time) break;
      times[hole] = times[parent];
      servers[hole] = servers[parent];
      hole = parent;
    }
    times[hole] = time;
    servers[hole] = server;
  }

  pop() {
    const { times, servers } = this;
    const top = servers[0];
    const n = --this.size;
    const time = times[n];
    const server = servers[n];
    let hole = 0;
    for (let child = 1; child < n; child = 4 * hole + 1) {
      const end = Math.min(child + 4, n);
      let least = child;
      for (let other = child + 1; other < end; other++) if (times[other] < times[least]) least = other;
      if (times[least] >= time) break;
      times[hole] = times[least];
      servers[hole] = servers[least];
      hole = least;
    }
    times[hole] = time;
    servers[hole] = server;
    return top;
  }

  record(stay) {
    this.sum += stay;
    const cell = Math.floor(stay * 1000);
    this.cells[cell < 4095 ? cell : 4095]++;
  }

  until(end) {
    for (;;) {
      const top = this.size > 0 ? this.times[0] : Infinity;
      if (this.next <= top) {
        const now = this.next;
        if (now >= end) return;
        this.events++;
        this.next = --this.left > 0 ? now + this.exponential() / RATE : Infinity;
        if (this.freeCount > 0) {
          const server = this.free[--this.freeCount];
          this.arrivedAt[server] = now;
          this.push(now + SERVICE * this.exponential(), server);
        } else {
          this.pending[(this.head + this.pendingCount++) & (PENDING - 1)] = now;
        }
      } else {
        if (top >= end) return;
        this.events++;
        const server = this.pop();
        this.record(top - this.arrivedAt[server]);
        if (this.pendingCount > 0) {
          this.arrivedAt[server] = this.pending[this.head];
          this.head = (this.head + 1) & (PENDING - 1);
          this.pendingCount--;
          this.push(top + SERVICE * this.exponential(), server);
        } else {
          this.free[this.freeCount++] = server;
        }
      }
    }
  }
}

export default {
  name: 'reference-kernel',
  is: 'the yardstick: M/M/100 by hand on typed arrays, never changed',
  unit: 'request',
  alone: true,
  sizes: { small: 20_000, warm: 200_000, gate: 1_200_000, full: 6_000_000 },
  prepare(_library, n) {
    const kernel = new Kernel(n);
    return () => {
      for (let end = 1; kernel.next < Infinity || kernel.size > 0; end++) kernel.until(end);
      return { n, work: { events: kernel.events } };
    };
  },
};
