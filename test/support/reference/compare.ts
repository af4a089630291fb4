/**
 * Two engines, one plan: the first line on which they differ, with the ten before it and the world to play again.
 */
import type { Plan } from '../../../src/model/plan.ts';
import type { Line } from './diary.ts';
import { playTested } from './tested.ts';
import type { Defect } from './town.ts';
import { playReference } from './world.ts';

export interface Comparison {
  /** What happened, by the tested engine. */
  readonly lines: readonly Line[];
  /** Null where both tell the same. */
  readonly difference: string | null;
}

export function compare(plan: Plan, defect: Defect | null = null): Comparison {
  const lines = playTested(plan, 1);
  const reference = playReference(plan, 1, defect);
  const at = firstDifference(lines, reference);
  return { lines, difference: at < 0 ? null : told(plan, lines, reference, at) };
}

function firstDifference(lines: readonly Line[], others: readonly Line[]): number {
  const longer = Math.max(lines.length, others.length);
  for (let i = 0; i < longer; i++) {
    if (lines[i]?.at !== others[i]?.at || lines[i].text !== others[i].text) return i;
  }
  return -1;
}

function told(plan: Plan, lines: readonly Line[], reference: readonly Line[], at: number): string {
  const text = (line: Line | undefined): string =>
    line === undefined ? 'nothing' : `${line.at} ns ${line.text}`;
  return [
    `${plan.name} (seed ${plan.seed} of test/support/worlds.ts):`,
    ...lines.slice(Math.max(0, at - 10), at).map((line) => `    ${text(line)}`),
    `  tested engine: ${text(lines[at])}`,
    `  reference:     ${text(reference[at])}`,
    JSON.stringify(plan, inJson),
  ].join('\n');
}

/** What changes nothing in a world is left out. */
const IDLE = ['assumptionsUsed', 'description', 'pricing', 'objectives', 'experiment', 'notSimulated'];

const inJson = (name: string, value: unknown): unknown =>
  IDLE.includes(name)
    ? undefined
    : value instanceof Float64Array
      ? [...value]
      : value === Infinity
        ? 'Infinity'
        : value;
