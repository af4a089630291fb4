import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatMemory,
  formatPercentage,
  formatRate,
  parseCpu,
  parseDuration,
  parseInstant,
  parseMemory,
  parsePercentage,
  parseRate,
  parseRatePerMinute,
  type Parsed,
} from '../../src/scenario/quantities.ts';

const valueOf = <T>(parsed: Parsed<T>) => ('value' in parsed ? parsed.value : parsed.wrong.code);

describe('a length of time', () => {
  it.each([
    ['250ms', 250_000_000],
    ['2s', 2_000_000_000],
    ['0s', 0],
    ['1.5s', 1_500_000_000],
    ['15m', 900_000_000_000],
    ['1h', 3_600_000_000_000],
    ['2d', 172_800_000_000_000],
    ['3us', 3000],
    ['7ns', 7],
    ['104d', 104 * 86_400_000_000_000],
  ])('%s', (text, ns) => {
    expect(valueOf(parseDuration(text))).toBe(ns);
    expect(valueOf(parseInstant(`-${text}`))).toBe(ns === 0 ? 0 : -ns);
    expect(valueOf(parseDuration(formatDuration(ns)))).toBe(ns);
  });

  it.each([
    [90, 'MISSING_UNIT'],
    ['90', 'MISSING_UNIT'],
    [-1, 'NEGATIVE'],
    ['-1s', 'NEGATIVE'],
    ['1h30m', 'BAD_QUANTITY'],
    ['1 s', 'BAD_QUANTITY'],
    ['01s', 'BAD_QUANTITY'],
    ['1S', 'BAD_QUANTITY'],
    ['1.s', 'BAD_QUANTITY'],
    ['.5s', 'BAD_QUANTITY'],
    ['1e3s', 'BAD_QUANTITY'],
    ['6000/min', 'BAD_QUANTITY'],
    ['9'.repeat(100_000) + 's', 'BAD_QUANTITY'],
    ['105d', 'TOO_LONG'],
    [Infinity, 'NOT_FINITE'],
    [null, 'EMPTY_VALUE'],
    [true, 'WRONG_TYPE'],
    [[], 'WRONG_TYPE'],
  ])('is not %s', (input, code) => {
    expect(valueOf(parseDuration(input))).toBe(code);
  });
});

describe('other quantities', () => {
  it('a rate is per second, a limit keeps the number per minute that was written', () => {
    expect(valueOf(parseRate('50/s'))).toBe(50);
    expect(valueOf(parseRate('3000/min'))).toBe(50);
    expect(valueOf(parseRate('36/h'))).toBe(0.01);
    for (let n = 1; n < 10_000; n += 37) expect(valueOf(parseRatePerMinute(`${n}/min`))).toBe(n);
    expect(valueOf(parseRatePerMinute('100/s'))).toBe(6000);
    expect(valueOf(parseRate('1000001/s'))).toBe('OUT_OF_RANGE');
    expect(valueOf(parseRate('50'))).toBe('MISSING_UNIT');
    expect(valueOf(parseRate('50/m'))).toBe('BAD_QUANTITY');
    expect(formatRate(0.5)).toBe('30/min');
  });

  it('memory is in bytes', () => {
    expect(valueOf(parseMemory('512Mi'))).toBe(512 * 1024 * 1024);
    expect(valueOf(parseMemory('1G'))).toBe(1_000_000_000);
    expect(valueOf(parseMemory(512))).toBe('MISSING_UNIT');
    expect(valueOf(parseMemory('512MB'))).toBe('BAD_QUANTITY');
    expect(formatMemory(1024 * 1024 * 1024)).toBe('1Gi');
  });

  it('CPU is a number, or text with or without m', () => {
    expect([1, '1', '1000m', 0.5, '500m'].map((cpu) => valueOf(parseCpu(cpu)))).toEqual([1, 1, 1, 0.5, 0.5]);
    expect(valueOf(parseCpu('1 vCPU'))).toBe('BAD_QUANTITY');
  });

  it('a percentage is a ratio', () => {
    expect(valueOf(parsePercentage('5%'))).toBe(0.05);
    expect(valueOf(parsePercentage('101%'))).toBe('OUT_OF_RANGE');
    expect(valueOf(parsePercentage(0.05))).toBe('MISSING_UNIT');
    expect(formatPercentage(0.07)).toBe('7%');
  });
});
