/**
 * Why a mutant may survive: changes of an expression that nothing can tell from the original, each with its reason.
 *
 * `line` is part of the source line, `mutation` the expression and what became of it; without one, every mutant of
 * the line is meant. A line that changes loses its entry, and somebody has to think again.
 */
const DECIDERS = 'src/model/run/deciders';

export const REASONS = [
  {
    file: `${DECIDERS}/cloud-run.ts`,
    line: 'if (current > 0 && Math.abs(needed / current - 1)',
    mutation: 'current > 0 => true',
    because: 'from 0 the ratio is Infinity or no number, and neither is within a tolerance',
  },
  {
    file: `${DECIDERS}/cloud-run.ts`,
    line: 'if (current > 0 && Math.abs(needed / current - 1)',
    mutation: 'current > 0 => current >= 0',
    because: 'from 0 the ratio is Infinity or no number, and neither is within a tolerance',
  },
  {
    file: `${DECIDERS}/cloud-run.ts`,
    line: 'if (current > 0 && Math.abs(needed / current - 1)',
    because:
      'only a ratio that is off by exactly the tolerance and 1e-9 could tell, and 1e-9 stands for rounding',
  },
  {
    file: `${DECIDERS}/knative-recommendation.ts`,
    line: 'panicSince !== null && panicSince + rule.stableWindow < at',
    because: 'outside panic there is nothing to end: what is set is what was there',
  },
  {
    file: `${DECIDERS}/knative-recommendation.ts`,
    line: 'const lifted = neededStable > 0',
    because: 'asked only where the two differ',
  },
  {
    file: `${DECIDERS}/knative-recommendation.ts`,
    line: 'if (rule.targetBurstCapacity < 0) return -1',
    because: '0 has returned before',
  },
  {
    file: `${DECIDERS}/knative-recommendation.ts`,
    line: 'const kept = delayed.filter(',
    mutation: 'entry.instances > instances => entry.instances >= instances',
    because: 'an equal entry that is kept is followed by the new one, which outlives it',
  },
  {
    file: `${DECIDERS}/knative-recommendation.ts`,
    line: 'const newest = kept.at(-1)',
    because: 'a smaller entry of the same cell is never the maximum and leaves with the larger one',
  },
  {
    file: `${DECIDERS}/knative-recommendation.ts`,
    line: 'return newest !== undefined && newest.cell === cell ? kept',
    because: 'a smaller entry of the same cell is never the maximum and leaves with the larger one',
  },
  {
    file: `${DECIDERS}/knative-scale.ts`,
    line: "else if (want > 0 || activity !== 'inactive')",
    because: '0 was handled before',
  },
  {
    file: `${DECIDERS}/knative-window.ts`,
    line: 'if (this.first === null || this.last === null ||',
    because: 'both are null or neither is',
  },
  {
    file: `${DECIDERS}/knative-window.ts`,
    line: 'else if (second > this.last)',
    because: 'for the last second itself nothing is cleared and nothing changes',
  },
  {
    file: `${DECIDERS}/knative-window.ts`,
    line: 'else if (second < this.first)',
    because: 'for the first second itself nothing changes',
  },
  {
    file: `${DECIDERS}/knative-window.ts`,
    line: 'if (first === null || last === null) return 0',
    because: 'both are null or neither is, and without a write every bucket is 0',
  },
  {
    file: `${DECIDERS}/knative-window.ts`,
    line: 'if (last === null) return 0',
    because: 'without a write every bucket is 0',
  },
  {
    file: `${DECIDERS}/knative-window.ts`,
    line: 'pods <= 3 ? Math.max(0, pods)',
    because: 'the formula gives 3 for 3 as well',
  },
  {
    file: `${DECIDERS}/knative.ts`,
    line: 'Math.min(rule.initialScale, rule.maximum || Infinity)',
    mutation: 'rule.maximum || Infinity => true',
    because:
      'an initial scale above 1 is always applied, so here it is at most 1, and so is the number made of true',
  },
  {
    file: 'src/model/kms/quota-adjuster.ts',
    line: 'if (request !== null && request.grantedAt < this.minuteEnds)',
    because: 'while a request waits no minute counts, so it does not matter which of the two comes first',
  },
  {
    file: 'src/model/kms/quota-pool.ts',
    line: 'if (adjusts <= this.nextOther)',
    because: 'only a call of others in the very nanosecond of a raise could tell',
  },
  {
    file: 'src/model/kms/quota-pool.ts',
    line: 'if (this.overload === 0) return true',
    because: 'spares draws and memory; no number of a stream is below 0, so nothing would be denied',
  },
  {
    file: 'src/model/kms/quota-pool.ts',
    line: '.next53() < this.overload',
    because: 'a number of a stream equals a probability once in 2^53',
  },
  {
    file: 'src/rules/cloud-run-limits.ts',
    line: 'if (meanStartup === null) return SHORTEST_PENDING_TIMEOUT',
    because: '3.5 times null is 0, and the shortest wait is longer',
  },
  {
    file: 'src/model/run/deciders/cloud-run.ts',
    line: 'if (readings.cpu === null || settings.cpuTarget === null)',
    mutation: 'readings.cpu === null => false',
    because: 'nothing divided by a target is 0, which is what is returned',
  },
  {
    file: 'src/engine/load-lists.ts',
    line: 'for (let word = 0; word < occupied.length; word++)',
    because:
      'the word beyond the last stands for loads above the concurrency, and the answer is none as well',
  },
  {
    file: 'src/engine/exact-sum.ts',
    line: 'if (x < LIMB && x >= 0 && Math.floor(x) === x)',
    because: '2^52 itself comes out the same by either path',
  },
  {
    file: 'src/engine/exact-sum.ts',
    line: 'if (product < LIMB) this.add(product)',
    because: 'the quick path; the exact one gives the same sum',
  },
  {
    file: 'src/engine/quantile-table.ts',
    line: 'new Array<Float64Array | null>(2 * OCTAVES)',
    because: 'a row that is missing is worked out like one that is null',
  },
  {
    file: 'src/engine/quantile-table.ts',
    line: 'const side = +(u >= 0.5)',
    because: 'at one half both sides of the function are the same value',
  },
  {
    file: 'src/engine/quantile-table.ts',
    line: 'row.set(octave === 0 ? [values[0]]',
    because:
      'the one share in that row lies at the beginning of its cell, where a polynomial is its first value',
  },
  {
    file: 'src/engine/quantile-table.ts',
    line: 'const divided = values.slice()',
    because: 'the values are not used again',
  },
  {
    file: 'src/engine/quantile-table.ts',
    line: 'for (let order = 1; order < TERMS; order++)',
    because: 'the differences of one order more are not used',
  },
  {
    file: 'src/engine/quantile-table.ts',
    line: 'for (let i = TERMS - 1; i >= order; i--)',
    mutation: 'TERMS - 1 => TERMS + 1',
    because: 'what is written beyond the last difference is not used',
  },
  {
    file: 'src/engine/room-set.ts',
    line: 'for (let level = 0; level < this.bits.length && place > 0; level++)',
    because: 'on the top level there is one word, so the place becomes 0 there, and below 0 nothing is found',
  },
  {
    file: 'src/engine/room-set.ts',
    line: 'if (position >= this.rows.length) return NONE',
    because: 'beyond the last position no bit is set',
  },
  {
    file: 'src/engine/room-set.ts',
    line: 'if (word >= this.bits[level].length) return NONE',
    because: 'beyond the last word no bit is set, on no level',
  },
  {
    file: 'src/engine/room-set.ts',
    line: 'if (limit <= 0) return 0',
    because: 'for 0 the sum is empty',
  },
  {
    file: 'src/engine/room-set.ts',
    line: 'for (let level = 1; level < this.bits.length; level++)',
    because: 'above the top there is one word without siblings',
  },
  {
    file: 'src/engine/room-set.ts',
    line: 'if (size <= 32 * this.bits[0].length && size > 8',
    because: 'decides only whether memory is used again',
  },
  {
    file: 'src/engine/sliding-window.ts',
    line: 'this.remembered < 2 * this.limit) this.grow()',
    because: 'the ring becomes longer than it has to be',
  },
  {
    file: 'src/engine/sliding-window.ts',
    line: 'if (weight > this.limit) return false',
    because: 'more than the limit never fits into the span, and with a limit of 0 a token never comes',
  },
  {
    file: 'src/engine/sliding-window.ts',
    line: 'if (part >= this.limit) {',
    because: 'a whole nanosecond that stays in the numerator is the same instant',
  },
  {
    file: 'src/engine/sliding-window.ts',
    line: 'if (this.count > this.sinceTaken)',
    because: 'sets what is set',
  },
  {
    file: 'src/engine/sliding-window.ts',
    line: 'if (this.count > this.most)',
    because: 'sets what is set',
  },
  {
    file: 'src/engine/slots.ts',
    line: 'for (let row = old; row < capacity - 1; row++)',
    because: 'the last row is ended right after, and what lies beyond a typed array is not written',
  },
  {
    file: 'src/engine/delay-lane.ts',
    line: 'while (room < capacity) room *= 2',
    because: 'only the room to begin with',
  },
  {
    file: 'src/engine/delay-lane.ts',
    line: 'if (this.count > 0) {',
    because: 'an event that goes to the early ones without need comes out in the same order, only slower',
  },
  {
    file: 'src/engine/delay-lane.ts',
    line: 'if (time < lastTime || (time === lastTime',
    because: 'an event that goes to the early ones without need comes out in the same order, only slower',
  },
  {
    file: 'src/engine/delay-lane.ts',
    line: 'if (this.count > this.mask) this.grow()',
    because: 'the ring grows one event earlier',
  },
  {
    file: 'src/engine/delay-lane.ts',
    line: 'return this.early.size > 0 && this.earlyComesFirst()',
    because: 'without early events their front says Infinity, which comes before nothing',
  },
  {
    file: 'src/engine/delay-lane.ts',
    line: 'this.early.topOrder() < this.orders[this.head]',
    because: 'no two events have one order',
  },
  {
    file: 'src/engine/delay-lane.ts',
    line: 'for (let i = 0; i < this.count; i++)',
    because: 'one place more is copied, which is overwritten before it is read',
  },
  {
    file: 'src/engine/draws.ts',
    line: 'for (let i = 0; i < BLOCK; i++)',
    because: 'what lies beyond a typed array is not written',
  },
  {
    file: 'src/engine/event-queue.ts',
    line: 'orders[parent] < order',
    because: 'no two events have one order',
  },
  {
    file: 'src/engine/event-queue.ts',
    line: 'if (n <= 1) {',
    because: 'the quick path for a single event; settling it comes to the same',
  },
  {
    file: 'src/engine/event-queue.ts',
    line: 'while (child + 3 < n)',
    because: 'place n holds the very event that is being settled; met on the way, it is put where it belongs',
  },
  {
    file: 'src/engine/event-queue.ts',
    line: 'orders[second] < orders[child]',
    because: 'no two events have one order',
  },
  {
    file: 'src/engine/event-queue.ts',
    line: 'orders[fourth] < orders[third]',
    because: 'no two events have one order',
  },
  {
    file: 'src/engine/event-queue.ts',
    line: 'orders[right] < orders[left]',
    because: 'no two events have one order',
  },
  {
    file: 'src/engine/event-queue.ts',
    line: 'if (child < n) {',
    because: 'place n holds the very event that is being settled; met on the way, it is put where it belongs',
  },
  {
    file: 'src/engine/event-queue.ts',
    line: 'for (let other = child + 1; other < n; other++)',
    because: 'place n holds the very event that is being settled; met on the way, it is put where it belongs',
  },
  {
    file: 'src/engine/event-queue.ts',
    line: 'orders[other] < orders[earliest]',
    because: 'no two events have one order',
  },
  {
    file: 'src/engine/streams.ts',
    line: "check(key.length <= 256 && key.indexOf('.')",
    because: 'a safeguard: no text that comes here is longer than 233 characters or has a second full stop',
  },
  {
    file: 'src/experiment/confidence.ts',
    line: 'return range === null || range.low >= 0',
    mutation: 'range.low >= 0 => range.low > 0',
    because: 'a lower end of 0 becomes 0',
  },
  {
    file: 'src/experiment/confidence.ts',
    line: "if (comparison === '==' || comparison === '<=' || comparison === '<') return 'missed'",
    because: 'below 0 is missed by an interval that does not reach below 0 in any case',
  },
  {
    file: 'src/experiment/confidence.ts',
    line: "if (comparison === '!=' || comparison === '>') return 'met'",
    because: 'what is left, at least 0, is met by an interval that does not reach below 0 in any case',
  },
  {
    file: 'src/experiment/confidence.ts',
    line: 'const corrected = new Array<number>(probabilities.length)',
    because: 'every place is written',
  },
  {
    file: 'src/experiment/confidence.ts',
    line: 'if (probability === 0.5) return 0',
    because: 'the halving arrives at 0 as well, a thousand rounds later',
  },
  {
    file: 'src/experiment/confidence.ts',
    line: 'while (centralShare(high, degrees) < wanted)',
    because: 'only where the quantile is a power of two to the last digit',
  },
  {
    file: 'src/experiment/confidence.ts',
    line: 'if (centralShare(middle, degrees) < wanted)',
    because: 'only the last binary digit of a quantile can tell',
  },
  {
    file: 'src/experiment/confidence.ts',
    line: 'while (x > 0.125)',
    because: 'one halving more at exactly 1/8 gives the same angle',
  },
  {
    file: 'src/experiment/confidence.ts',
    line: 'for (let k = 1; k <= 19; k += 2)',
    because: 'the last term is below 1e-18: the series is exact without it',
  },
  {
    file: 'src/experiment/replicate.ts',
    line: 'if (summary.cost !== undefined) add(summary.cost',
    because: 'what is undefined is no number, and adds no row',
  },
  {
    file: 'src/experiment/replicate.ts',
    line: 'value !== null && value !== undefined',
    because: 'what a replication lacks is null or 0 before it comes here',
  },
  {
    file: 'src/experiment/replicate.ts',
    line: 'if (sample === undefined) return null',
    because: 'without a sample every value is null, and the first of them is what is returned',
  },
  {
    file: 'src/experiment/warm-up.ts',
    line: 'sum += series[5 * batch + k]',
    because: 'the rule looks at spread alone: it does not change with the sign of a series',
  },
  {
    file: 'src/experiment/warm-up.ts',
    line: 'return sum / 5',
    because: 'the rule does not change with the scale of a series',
  },
  {
    file: 'src/experiment/warm-up.ts',
    line: 'new Array<number>(batches)',
    because: 'every place is written',
  },
  {
    file: 'src/experiment/warm-up.ts',
    line: 'sum += value;',
    because: 'the sum is only squared',
  },
  {
    file: 'src/experiment/warm-up.ts',
    line: 'wanted.reduce((sum, column)',
    because: 'the rule does not change with the sign of a series',
  },
  {
    file: 'src/experiment/warm-up.ts',
    line: 'totals.set(at, (totals.get(at) ?? 0) + here)',
    because: 'the rule does not change with the sign of a series',
  },
  {
    file: 'src/experiment/warm-up.ts',
    line: 'for (const one of curves) sum += one[index]',
    because: 'the rule does not change with the sign of a series',
  },
  {
    file: 'src/experiment/warm-up.ts',
    line: 'return sum / curves.length',
    because: 'the rule does not change with the scale of a series',
  },
  {
    file: 'src/engine/distributions.ts',
    line: 'made.kind === TABLED ? tableOf(spec',
    because: 'a table that is never asked is never worked out',
  },
  {
    file: 'src/engine/distributions.ts',
    line: 'while (part < ends.length - 1 && u >= ends[part])',
    because: 'the last end is 1, and u is below it',
  },
  {
    file: 'src/engine/distributions.ts',
    line: 'if (known !== undefined) return known',
    because: 'a table of its own gives the same values, after working them out again',
  },
  {
    file: 'src/engine/distributions.ts',
    line: 'parts: [],',
    because: 'only a mixture reads its parts, and it has its own',
  },
  {
    file: 'src/engine/distributions.ts',
    line: ': distance < 0.0001220703125',
    mutation: 'distance < 0.0001220703125 => distance <= 0.0001220703125',
    because: 'at the border both formulas agree to the last digits',
  },
  {
    file: 'src/engine/distributions.ts',
    line: '? distance * (1 + distance * (1 / 2',
    because: 'below 2^-13 the fourth term is less than 1e-12 of the whole, and tables are right to 1e-10',
  },
  {
    file: 'src/engine/distributions.ts',
    line: 'if (cv === 1) return withMoments(EXPONENTIAL',
    because: 'the quick path; the table of that gamma distribution agrees to 1e-9',
  },
  {
    file: 'src/engine/distributions.ts',
    line: 'const used = specs.filter(({ weight }) => weight > 0)',
    because: 'a part without weight is never chosen',
  },
  {
    file: 'src/engine/distributions.ts',
    line: 'if (used.length === 1) return parametersOf',
    because: 'a mixture of one part draws as the part does',
  },
  {
    file: 'src/engine/columns.ts',
    line: 'if (fill !== 0) longer.fill(fill, column.length)',
    because: 'new columns are zeros',
  },
  {
    file: 'src/engine/binomial.ts',
    line: 'if (n === 0 || p <= 0) return 0',
    because: 'the quick path; inversion finds 0 as well',
  },
  {
    file: 'src/engine/binomial.ts',
    line: 'if (p >= 1) return n',
    because: 'the quick path; of the failures, inversion finds 0',
  },
  {
    file: 'src/engine/binomial.ts',
    line: 'while (u > upTo && k < n && share > 0)',
    because:
      'a guard against rounding: after the last count the share is 0, and a number of a stream equals a sum by accident only',
  },
  {
    file: 'src/engine/binomial.ts',
    line: 'const squeeze = 0.92 - 4.2 / b',
    because: 'the squeeze saves logarithms; without it the full comparison takes the same counts',
  },
  {
    file: 'src/engine/binomial.ts',
    line: 'if (us >= 0.07 && v <= squeeze) return k',
    because: 'the squeeze saves logarithms; without it the full comparison takes the same counts',
  },
  {
    file: 'src/engine/binomial.ts',
    line: 'if (k < 0 || k > n) continue',
    because:
      'beyond the ends the full comparison refuses a count, and at the ends the squeeze has taken what there is in 3,000 draws',
  },
  {
    file: 'src/engine/binomial.ts',
    line: 'if (ln((v * alpha) / (a / (us * us) + b))',
    because: 'a number of a stream lies on the border by accident only',
  },
  {
    file: 'src/engine/poisson.ts',
    line: 'if (mean === 0) return 0',
    because: 'the quick path; inversion finds 0 as well',
  },
  {
    file: 'src/engine/poisson.ts',
    line: 'while (u > upTo && share > 0)',
    because: 'a guard against rounding: only a number of a stream beyond the last share could tell',
  },
  {
    file: 'src/engine/poisson.ts',
    line: 'if (us >= 0.07 && v <= squeeze) return k',
    because: 'a number of a stream lies on the border by accident only',
  },
  {
    file: 'src/engine/poisson.ts',
    line: 'if (k < 0 || (us < 0.013 && v > us)) continue',
    because: 'refuses early what the full comparison refuses nearly always',
  },
  {
    file: 'src/engine/poisson.ts',
    line: 'if (ln((v * inverseAlpha) / (a / (us * us) + b))',
    because: 'a number of a stream lies on the border by accident only',
  },
];
