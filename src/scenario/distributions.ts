/**
 * A distribution as written, made into the engine's plain data: samples read, and the numbers checked that only
 * together can be wrong.
 */
import type { DistributionSpec } from '../engine/distributions.ts';
import type { Files } from './files.ts';
import type { Findings, Path } from './findings.ts';
import { wrong } from './messages.ts';
import { formatDuration } from './quantities.ts';
import type { DistributionInput } from './schema.ts';

/** Stands in for a distribution that is wrong, so that the other checks go on; the plan is not used then. */
const NOTHING: DistributionSpec = { kind: 'constant', value: 0 };

export class Distributions {
  readonly #files: Files;
  readonly #findings: Findings;

  constructor(files: Files, findings: Findings) {
    this.#files = files;
    this.#findings = findings;
  }

  resolve(input: DistributionInput, path: Path): DistributionSpec {
    if (typeof input === 'number') return { kind: 'constant', value: input };
    if (input.exponential) return { kind: 'exponential', mean: input.exponential.mean };
    if (input.lognormal) return this.#lognormal(input.lognormal, [...path, 'lognormal']);
    if (input.gamma) return { kind: 'gamma', ...input.gamma };
    if (input.weibull) return { kind: 'weibull', ...input.weibull };
    if (input.uniform) {
      const { min, max } = input.uniform;
      if (min <= max) return { kind: 'uniform', min, max };
      this.#findings.add(wrong.minAboveMax(formatDuration(min), formatDuration(max)), [
        ...path,
        'uniform',
        'min',
      ]);
      return NOTHING;
    }
    if (input.empirical !== undefined) {
      const sample = this.#files.sample(input.empirical);
      if ('values' in sample) return { kind: 'empirical', values: sample.values };
      this.#findings.add(sample.wrong, [...path, 'empirical']);
      return NOTHING;
    }
    const mixture = input.mixture ?? [];
    if (!mixture.some(({ weight }) => weight > 0)) this.#findings.add(wrong.noWeight(), [...path, 'mixture']);
    const parts = mixture.map(({ weight, of }, i) => ({
      weight,
      of: this.resolve(of, [...path, 'mixture', i, 'of']),
    }));
    return { kind: 'mixture', parts };
  }

  #lognormal(
    given: {
      readonly p50?: number;
      readonly p95?: number;
      readonly p99?: number;
      readonly mean?: number;
      readonly cv?: number;
    },
    path: Path,
  ): DistributionSpec {
    const { p50, p95, p99, mean, cv } = given;
    const names = Object.keys(given).sort().join(' ');
    if (names === 'cv mean') return { kind: 'lognormal', mean: mean!, cv: cv! };
    const high = names === 'p50 p99' ? 'p99' : names === 'p50 p95' ? 'p95' : null;
    if (high === null) {
      this.#findings.add(wrong.lognormalForm(Object.keys(given)), path);
      return NOTHING;
    }
    if (p50! > (p99 ?? p95)!) this.#findings.add(wrong.quantilesFall(high), [...path, high]);
    else if (p50 === 0 && p50 !== (p99 ?? p95)) this.#findings.add(wrong.zeroMedian(), [...path, 'p50']);
    else
      return high === 'p99'
        ? { kind: 'lognormal', p50: p50!, p99: p99! }
        : { kind: 'lognormal', p50: p50!, p95: p95! };
    return NOTHING;
  }
}
