/**
 * A distribution as written, made into the engine's plain data: samples are read, the rest is renamed.
 *
 * What its numbers say together was checked with the fields, so only a file can be wrong here.
 */
import type { DistributionSpec } from '../engine/distributions.ts';
import { SECOND } from '../units/time.ts';
import type { Files } from './files.ts';
import type { Findings, Path } from './findings.ts';
import type { DistributionInput } from './schema.ts';

/** Stands in for a sample that cannot be read, so that the other checks go on; the plan is not used then. */
const ANYTHING: DistributionSpec = { kind: 'constant', value: SECOND };

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
    if (input.lognormal) return lognormal(input.lognormal);
    if (input.gamma) return { kind: 'gamma', ...input.gamma };
    if (input.weibull) return { kind: 'weibull', ...input.weibull };
    if (input.uniform) return { kind: 'uniform', ...input.uniform };
    if (input.empirical !== undefined) {
      const sample = this.#files.sample(input.empirical);
      if ('values' in sample) return { kind: 'empirical', values: sample.values };
      this.#findings.add(sample.wrong, [...path, 'empirical']);
      return ANYTHING;
    }
    const parts = (input.mixture ?? []).map(({ weight, of }, i) => ({
      weight,
      of: this.resolve(of, [...path, 'mixture', i, 'of']),
    }));
    return { kind: 'mixture', parts };
  }
}

/** By one of the three pairs of numbers that the check of the fields lets through. */
function lognormal(given: {
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly mean?: number;
  readonly cv?: number;
}): DistributionSpec {
  if (given.mean !== undefined) return { kind: 'lognormal', mean: given.mean, cv: given.cv! };
  return given.p99 === undefined
    ? { kind: 'lognormal', p50: given.p50!, p95: given.p95! }
    : { kind: 'lognormal', p50: given.p50!, p99: given.p99 };
}
