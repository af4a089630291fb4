/**
 * When requests arrive: one cursor per service, asked for the next instant only when the last one is used up.
 *
 * Arrivals at a rate that changes (stages, a sinusoid) are arrivals at rate one on a clock that runs as fast as the
 * rate: the k-th request comes when the expected number of requests so far, L(t), reaches S(k). With unit
 * exponential gaps S is a Poisson process and so is the result, exactly; with S(k) = k the arrivals are regular.
 * Inverting L costs one square root on a linear piece, so the thinning that is usual here, with its varying
 * number of draws, is not needed: request k has the k-th luck under any rate.
 *
 * Instants are rounded up to whole nanoseconds, and never go back.
 *
 * Hot: asked once a request.
 */
import { Distribution } from '../../engine/distributions.ts';
import { BLOCK, UnitExponentials } from '../../engine/draws.ts';
import { cos, negLn, sin } from '../../engine/portable-math.ts';
import type { Stream, Streams } from '../../engine/streams.ts';
import { SECOND } from '../../units/time.ts';
import type { LoadPlan } from '../plan.ts';

/** Gives instants in ns, ascending; Infinity when no more requests come. */
export interface ArrivalCursor {
  next(): number;
  /** The next so many as `into` has room for. Whoever asks this way asks no other way. */
  fill?(into: Float64Array): void;
}

/** @param end when the run is over, ns: what would come after it need not be found */
export function arrivalsOf(load: LoadPlan, service: string, streams: Streams, end: number): ArrivalsAhead {
  return new ArrivalsAhead(cursorOf(load, service, streams, end));
}

function cursorOf(load: LoadPlan, service: string, streams: Streams, end: number): ArrivalCursor {
  const { arrivals } = load;
  const stream = streams.stream('arrivals', service);
  switch (arrivals.kind) {
    case 'poisson':
    case 'regular': {
      const gaps = arrivals.kind === 'poisson' ? new UnitExponentials(stream) : null;
      if (load.sinusoid !== null) return new SinusoidArrivals(load.sinusoid, gaps);
      return new StagedArrivals(load.rate, gaps);
    }
    case 'interarrival':
      return new RenewalArrivals(new Distribution(arrivals.gap), stream);
    case 'mmpp':
      return new ModulatedArrivals(
        arrivals.rates,
        arrivals.stay,
        new UnitExponentials(stream),
        streams.stream('mmpp', service),
        end / SECOND,
      );
    case 'trace':
      return new TraceArrivals(arrivals.at);
  }
}

/**
 * What another cursor gives, asked for a block at a time: nothing that happens in the world changes when requests
 * arrive. In a row the processor works on several at once, and whatever the cursors, the world asks one kind.
 */
export class ArrivalsAhead implements ArrivalCursor {
  private readonly cursor: ArrivalCursor;
  /** What was asked ahead, and how much of it has been given out; when that is all, `refill`. `next` says the same. */
  readonly block = new Float64Array(BLOCK);
  read = BLOCK;

  constructor(cursor: ArrivalCursor) {
    this.cursor = cursor;
  }

  next(): number {
    if (this.read === BLOCK) this.refill();
    return this.block[this.read++];
  }

  refill(): void {
    const { block, cursor } = this;
    if (cursor.fill !== undefined) cursor.fill(block);
    else for (let i = 0; i < BLOCK; i++) block[i] = cursor.next();
    this.read = 0;
  }
}

/** A rate that is linear between points, and constant after the last. */
export class StagedArrivals implements ArrivalCursor {
  /** By piece, in seconds and requests per second: where it starts, how long it is, the rate there and its slope. */
  private readonly from: Float64Array;
  private readonly length: Float64Array;
  private readonly rate: Float64Array;
  private readonly slope: Float64Array;
  private readonly gaps: UnitExponentials | null;
  private piece = 0;
  /** Seconds into the present piece, and the requests still expected before the next one comes. */
  private into = NaN;

  constructor(points: LoadPlan['rate'], gaps: UnitExponentials | null) {
    this.from = Float64Array.from(points, (point) => point.at / SECOND);
    this.rate = Float64Array.from(points, (point) => point.perSecond);
    this.length = this.from.map((start, piece) =>
      piece === points.length - 1 ? Infinity : this.from[piece + 1] - start,
    );
    this.slope = this.rate.map((rate, piece) => {
      const length = this.length[piece];
      return length > 0 && length < Infinity ? (this.rate[piece + 1] - rate) / length : 0;
    });
    this.gaps = gaps;
    // A double from the start: see ExactSum.
    this.into = 0;
  }

  next(): number {
    const missing = this.gaps === null ? 1 : this.gaps.next();
    const { piece, into } = this;
    const rate = this.rate[piece];
    // Most of the time the rate does not change, and the next request is in the same piece.
    if (this.slope[piece] === 0 && rate > 0) {
      const there = into + missing / rate;
      if (there < this.length[piece]) {
        this.into = there;
        return Math.ceil((this.from[piece] + there) * SECOND);
      }
    }
    return this.search(missing);
  }

  fill(into: Float64Array): void {
    if (this.gaps === null) into.fill(1);
    else this.gaps.fill(into);
    for (let i = 0; i < into.length;) i = this.fillPiece(into, i);
  }

  /** As far as requests come in the present piece, if its rate does not change; else one. Returns how far that is. */
  private fillPiece(into: Float64Array, begin: number): number {
    const { piece } = this;
    const rate = this.rate[piece];
    const from = this.from[piece];
    // Nowhere else, where the next request has to be searched for.
    const length = this.slope[piece] === 0 && rate > 0 ? this.length[piece] : -1;
    let there = this.into;
    for (let i = begin; i < into.length; i++) {
      const next = there + into[i] / rate;
      if (!(next < length)) {
        this.into = there;
        into[i] = this.search(into[i]);
        return i + 1;
      }
      there = next;
      into[i] = Math.ceil((from + there) * SECOND);
    }
    this.into = there;
    return into.length;
  }

  /** Through pieces that end before the next request, or along a slope. */
  private search(missing: number): number {
    for (;;) {
      const { piece, into } = this;
      const length = this.length[piece];
      const slope = this.slope[piece];
      const now = this.rate[piece] + slope * into;
      const left = length - into;
      // The last piece has no end, nor a slope; 0 x Infinity would be no number.
      if (length === Infinity && now <= 0) return Infinity;
      const expected = slope === 0 ? left * now : left * (now + 0.5 * slope * left);
      if (missing < expected) {
        // The root of now x + slope x^2 / 2 = missing that lies in the piece, in the form that does not cancel.
        const root = Math.sqrt(Math.max(0, now * now + 2 * slope * missing));
        this.into = into + (2 * missing) / (now + root);
        return Math.ceil((this.from[piece] + this.into) * SECOND);
      }
      missing -= expected;
      this.piece++;
      this.into = 0;
    }
  }
}

/** mean + amplitude x sin(2 pi t / period). */
export class SinusoidArrivals implements ArrivalCursor {
  private readonly mean: number;
  private readonly amplitude: number;
  /** 2 pi / period, per second. */
  private readonly omega: number;
  /** Seconds. */
  private readonly period: number;
  private readonly gaps: UnitExponentials | null;
  private at = 0;

  constructor(wave: { mean: number; amplitude: number; period: number }, gaps: UnitExponentials | null) {
    this.mean = wave.mean;
    this.amplitude = wave.amplitude;
    this.period = wave.period / SECOND;
    this.omega = (2 * Math.PI) / this.period;
    this.gaps = gaps;
  }

  next(): number {
    const { mean, amplitude, omega, at } = this;
    const missing = this.gaps === null ? 1 : this.gaps.next();
    if (mean <= 0) return Infinity;
    // Expected requests in [at, t]: m (t - at) + a (cos(w at) - cos(w t)) / w. It never falls, as a <= m, and it
    // grows by at least m (t - at) - 2 a / w and at most by m (t - at) + 2 a / w: a bracket for the root.
    const base = cos(this.phase(at));
    const swing = (2 * amplitude) / omega;
    let low = at + Math.max(0, (missing - swing) / mean);
    let high = at + (missing + swing) / mean;
    let t = Math.min(
      Math.max(at + missing / Math.max(mean + amplitude * sin(this.phase(at)), mean * 0.01), low),
      high,
    );
    for (let step = 0; step < 200; step++) {
      const excess = mean * (t - at) + (amplitude / omega) * (base - cos(this.phase(t))) - missing;
      if (excess > 0) high = t;
      else low = t;
      const slope = mean + amplitude * sin(this.phase(t));
      const guess = slope > 0 ? t - excess / slope : low;
      const nextT = guess > low && guess < high ? guess : low + 0.5 * (high - low);
      if (Math.abs(nextT - t) < 1e-10 || high - low < 1e-10) {
        t = nextT;
        break;
      }
      t = nextT;
    }
    this.at = t;
    return Math.ceil(t * SECOND);
  }

  /** The angle at t, in the first turn: far-away angles lose digits. */
  private phase(t: number): number {
    return this.omega * (t - Math.floor(t / this.period) * this.period);
  }
}

/** Independent gaps of one distribution. */
export class RenewalArrivals implements ArrivalCursor {
  private readonly gap: Distribution;
  private readonly stream: Stream;
  private at = 0;

  constructor(gap: Distribution, stream: Stream) {
    this.gap = gap;
    this.stream = stream;
  }

  next(): number {
    this.at += this.gap.draw(this.stream);
    return this.at;
  }
}

/** Poisson at one of several rates; it stays at each, in turn, for exponential times. */
export class ModulatedArrivals implements ArrivalCursor {
  private readonly rates: readonly number[];
  private readonly stay: readonly number[];
  private readonly gaps: UnitExponentials;
  private readonly stays: Stream;
  private state = 0;
  private at = 0;
  private until: number;
  private readonly end: number;

  /** @param end s: from then on no more requests come */
  constructor(
    rates: readonly number[],
    stay: readonly number[],
    gaps: UnitExponentials,
    stays: Stream,
    end: number,
  ) {
    this.rates = rates;
    this.stay = stay;
    this.gaps = gaps;
    this.stays = stays;
    this.end = end;
    this.until = this.stayOf(0);
  }

  next(): number {
    let missing = this.gaps.next();
    // At rates of zero, or nearly, there would be no end to it.
    while (this.at < this.end) {
      const rate = this.rates[this.state];
      const expected = rate * (this.until - this.at);
      if (missing < expected) {
        this.at += missing / rate;
        return Math.ceil(this.at * SECOND);
      }
      missing -= expected;
      this.at = this.until;
      this.state = (this.state + 1) % this.rates.length;
      this.until += this.stayOf(this.state);
    }
    return Infinity;
  }

  private stayOf(state: number): number {
    return (this.stay[state] / SECOND) * negLn(this.stays.next53());
  }
}

/** Instants that were recorded. */
export class TraceArrivals implements ArrivalCursor {
  private readonly at: Float64Array;
  private read = 0;

  constructor(at: Float64Array) {
    this.at = at;
  }

  next(): number {
    return this.read < this.at.length ? this.at[this.read++] : Infinity;
  }
}
