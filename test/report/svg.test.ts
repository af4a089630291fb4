import { afterEach, describe, expect, it } from 'vitest';
import type { Results } from '../../src/probes/results.ts';
import { type Chart, chartsOf } from '../../src/report/charts.ts';
import { standalone, svgFrom } from '../../src/report/svg.ts';
import { textWidth } from '../../src/report/text-width.ts';
import { incident, silence } from './fixture.ts';

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const draw = (chart: Chart): Promise<string> => svgFrom(chart.spec, chart.name);
const named = (results: Results, name: string): Chart =>
  chartsOf(results).find((chart) => chart.name === name)!;

describe('the charts of a run', () => {
  it('are four for each service and one of Cloud KMS', () => {
    expect(chartsOf(incident()).map(({ name }) => name)).toEqual([
      'instances-checkout',
      'requests-checkout',
      'latencies-checkout',
      'pending-checkout',
      'instances-catalogue',
      'requests-catalogue',
      'latencies-catalogue',
      'pending-catalogue',
      'kms',
    ]);
  });

  it('leave Cloud KMS out where no key is used', () => {
    expect(chartsOf(incident({ summary: { kms: [] } })).map(({ name }) => name)).not.toContain('kms');
  });

  it('say in words what a run without data has not got', async () => {
    const drawn = await Promise.all(chartsOf(silence()).map(draw));
    const words = [
      'no instances',
      'no requests',
      'no requests answered 2xx',
      'no request was seen pending',
      'no calls to Cloud KMS',
    ];
    for (const [index, word] of words.entries()) expect(drawn[index]).toContain(`>${word}<`);
  });

  it('name the windows of the timeline, each state, and the logarithmic axis', async () => {
    const instances = await draw(named(incident(), 'instances-checkout'));
    for (const text of [
      'ekm-down',
      'slow-hsm',
      'key-disabled',
      'active',
      'awaiting key',
      'recommended by the autoscaler',
    ]) {
      expect(instances).toContain(`>${text}<`);
    }
    expect(await draw(named(incident(), 'latencies-checkout'))).toContain('log scale');
  });

  it('show the quota with its policy, and denied calls with a texture of their own', async () => {
    const kms = await draw(named(incident(), 'kms'));
    expect(kms).toContain('quota 50/s (dashed, hard-per-second)<');
    expect(kms).toContain('>denied<');
    expect(kms).toContain('<pattern id="kms-D55E00"');
    expect(kms).toContain('fill="url(#kms-D55E00)"');
  });

  it('put a limit from an objective into the latency chart of its service alone', async () => {
    expect(await draw(named(incident(), 'latencies-checkout'))).toContain('>p99 &lt; 2s<');
    expect(await draw(named(incident(), 'latencies-catalogue'))).not.toContain('p99 &lt; 2s');
  });

  it('name two limits that are close one below the other, at the right, and below the names of the timeline', async () => {
    const [objective] = incident().summary.objectives;
    const limits = [90, 95].map((each) => ({
      ...objective,
      expect: `e2e_latencies.p${each} < ${each + 5}s`,
      limit: (each + 5) * 1000,
    }));
    const svg = await draw(named(incident({ summary: { objectives: limits } }), 'latencies-checkout'));
    const places = ['p95 &lt; 100s', 'p90 &lt; 95s'].map((text) => {
      const [, x, y] = new RegExp(`translate\\(([\\d.-]+),([\\d.-]+)\\)"[^>]*>${text}<`).exec(svg)!;
      expect(Number(x)).toBeGreaterThan(600);
      return Number(y);
    });
    expect(places[0]).toBeGreaterThan(9);
    expect(places[1] - places[0]).toBeGreaterThanOrEqual(12);
  });

  it('do not draw a line along 0 of a service that never had an instance', async () => {
    const results = incident();
    const curve = results.tables['scale-out.csv'];
    const rows = curve.rows.map((row) => row.map((cell, at) => (at > 2 ? 0 : cell)));
    const still = { ...results, tables: { ...results.tables, 'scale-out.csv': { ...curve, rows } } };
    expect(await draw(named(still, 'instances-checkout'))).toContain('>no instances<');
  });

  it('label the time since the start, or the time of day where the scenario says when it starts', async () => {
    const { scenario } = incident().summary;
    const relative = await draw(
      named(incident({ summary: { scenario: { ...scenario, starts_at: null } } }), 'pending-checkout'),
    );
    expect(relative).toContain('>time since the start (min)<');
    expect(relative).toContain('>30<');
    expect(await draw(named(incident(), 'pending-checkout'))).toContain('>02:50<');
  });
});

describe('a picture', () => {
  it('has the same bytes in another order, at another time and in another time zone', async () => {
    const charts = chartsOf(incident());
    process.env.TZ = 'Asia/Kathmandu';
    const first = [];
    for (const chart of charts) first.push(await draw(chart));
    process.env.TZ = 'America/St_Johns';
    const second = [];
    for (const chart of [...charts].reverse()) second.unshift(await draw(chart));
    expect(second).toEqual(first);
  });

  it('weighs at most 25 KB, also where every interval differs', async () => {
    for (const chart of chartsOf(incident()))
      expect((await draw(chart)).length, chart.name).toBeLessThan(25_000);
  });

  it('takes its ink from the page, has no ground of its own, no style and no class', async () => {
    for (const chart of chartsOf(incident())) {
      const svg = await draw(chart);
      expect(svg).toContain('currentColor');
      expect(svg).not.toMatch(/ (style|class)="|<style|fill="(white|#fff)/);
      expect(svg).not.toMatch(/fill="(black|#000)"/);
    }
  });

  it('alone in a file follows light and dark', async () => {
    const file = standalone(await draw(named(silence(), 'kms')));
    expect(file).toMatch(/^<svg [^>]*><style>[^<]*prefers-color-scheme:dark/);
  });

  it('shows a hostile name as text', async () => {
    const hostile = '</text><script>alert(1)</script>"\'&';
    const results = incident();
    const faults = results.summary.faults.map((fault) => ({ ...fault, name: hostile }));
    const svg = await draw(named(incident({ summary: { faults } }), 'pending-checkout'));
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;');
  });
});

describe('the width of a text', () => {
  it('grows with the text, its size and its weight, without asking a font', () => {
    expect(textWidth('', 10)).toBe(0);
    expect(textWidth('iii', 10)).toBeLessThan(textWidth('mmm', 10));
    expect(textWidth('checkout', 20)).toBeGreaterThan(textWidth('checkout', 10));
    expect(textWidth('checkout', 10, true)).toBeGreaterThan(textWidth('checkout', 10));
    expect(textWidth('鍵', 10)).toBeGreaterThanOrEqual(10);
  });
});
