/**
 * JSON texts of a results folder: keys in the order in which they are declared, which is the order in which
 * they are read; shortest numbers; two spaces; LF at the end. Equal values give equal bytes.
 *
 * JSON has no NaN and no infinity, and `JSON.stringify` would turn them into null without a word, so that a
 * defect would look like a missing figure. Here they throw.
 */
import { check } from '../units/check.ts';

/** The value's text, one member a line. */
export function jsonFrom(value: unknown): string {
  return `${JSON.stringify(value, refused, 2)}\n`;
}

/** Likewise, but what fits stands on one line: for long lists of small records, such as a chart's data. */
export function denseJsonFrom(value: unknown): string {
  return `${dense(value, '')}\n`;
}

const WIDTH = 100;

function dense(value: unknown, indent: string): string {
  const line = JSON.stringify(value, refused);
  if (indent.length + line.length <= WIDTH || value === null || typeof value !== 'object') return line;
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((item) => dense(item, deeper))
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([key, member]) => `${JSON.stringify(key)}: ${dense(member, deeper)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${parts.map((part) => deeper + part).join(',\n')}\n${indent}${close}`;
}

function refused(key: string, value: unknown): unknown {
  check(typeof value !== 'number' || Number.isFinite(value), () => `the number under ${key} is finite`);
  return value;
}
