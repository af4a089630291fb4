import { describe, expect, it } from 'vitest';
import type { CostSummary, Summary } from '../../src/probes/results.ts';
import { cost, costFinding } from '../../src/report/page-cost.ts';
import { incident } from './fixture.ts';

const { summary } = incident();
const bill = summary.cost!;
const section = (changes: Partial<Summary> = {}): string => cost({ ...summary, ...changes })!.content.html;
const text = (html: string): string => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

describe('the cost section of a page', () => {
  it('says in a sentence what a month at this load would cost, and what of it is idle minimum and Cloud KMS', () => {
    expect(text(section())).toContain(
      'At this load a month would cost 1266.21 USD at list prices: Cloud Run 1095.75, of which 16.07 for idle minimum instances, Cloud KMS 170.46 (13.5 % of the sum).',
    );
  });

  it('does not speak of what is not there', () => {
    const none = { ...bill.per_month, cloud_run_idle_minimum: 0, cloud_kms: 0 };
    expect(costFinding({ ...bill, per_month: none })).toBe(
      'At this load a month would cost 1095.75 USD at list prices: Cloud Run 1095.75, Cloud KMS 0.',
    );
    const nothing = Object.fromEntries(Object.keys(none).map((name) => [name, null]));
    expect(costFinding({ ...bill, per_month: nothing as unknown as CostSummary['per_month'] })).toBe(
      'No time was measured, so nothing is billed.',
    );
  });

  it('has a line for each service, with its idle minimum apart', () => {
    const html = section();
    expect(html).toMatch(
      /checkout<\/th><td>request-based<\/td><td class="n">6\.22 h<\/td><td class="n">0\.538<.*0\.011<.*982\.52</,
    );
    expect(html).toMatch(/catalogue<\/th><td>instance-based<\/td>.*113\.23</);
    expect(text(html)).toContain('of it: starts waiting for a key 0.02 29.22');
    expect(text(html)).toContain('for the measured 30 min, and for a month at this load');
  });

  it('measures without the warm-up', () => {
    const html = section({ scenario: { ...summary.scenario, warm_up_s: 600 } });
    expect(text(html)).toContain('Measured 20 min');
  });

  it('names the prices that were used, with their source and date, and no others', () => {
    const said = text(section());
    expect(said).toContain(
      '0.000024 vCPU-second Cloud Run pricing (cloud.google.com/run/pricing), read 2026-',
    );
    expect(said).toContain('An HSM key version, symmetric. 1 active key version and month Cloud KMS pricing');
    expect(said).toContain('0.03 10000 cryptographic operations');
    expect(said).toContain('Instance-based billing: CPU for the whole life');
    expect(said).not.toContain('A SOFTWARE key version.');
    const [checkout] = bill.services;
    const one = text(section({ cost: { ...bill, services: [checkout] }, kms: [] }));
    expect(one).not.toContain('Instance-based');
    expect(one).not.toContain('key version, ');
    const unkept = { ...bill, cloud_run_idle_minimum: 0 };
    expect(said).toContain('CPU of an idle minimum instance');
    expect(text(section({ cost: unkept }))).not.toContain('CPU of an idle minimum instance');
  });

  it('says what the bill takes for granted, and of external keys that their partner charges too', () => {
    const said = text(section());
    expect(said).toContain('365.25 / 12 days');
    expect(said).toContain('What the partner behind an external key charges is not in the bill.');
    const [hsm] = summary.kms;
    expect(text(section({ kms: [hsm] }))).not.toContain('What the partner');
  });

  it('shows means with their interval where there are replications', () => {
    const cloud_run = { mean: 1000, low: 900.5, high: 1100 };
    const html = section({ cost: { ...bill, per_month: { ...bill.per_month, cloud_run } } });
    expect(html).toContain('1000.00 [900.50, 1100.00]');
  });

  it('is left out where a saved run has no cost', () => {
    expect(cost({ ...summary, cost: undefined })).toBeNull();
  });
});
