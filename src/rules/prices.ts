/**
 * List prices, USD, tier 1 regions, without free tiers, discounts and partner fees.
 *
 * They turn instance time and key calls into a figure to compare plans by; a bill has other lines. `amount` is
 * what `per` units cost. Prices change: each row says where it is from, and when that held.
 */
import type { ProtectionLevel } from './protection-levels.ts';
import { assumed, KMS_PRICING, RUN_PRICING } from './sources.ts';

const RUN = `${RUN_PRICING}, read 2026-11-23`;
const GUIDES = assumed('quoted by pricing guides of 2025, not read from the price page');

// prettier-ignore
export const PRICES = [
  { price: 'request-based-vcpu', amount: 0.000024, per: 1, unit: 'vCPU-second', service: 'cloud-run', text: 'Request-based billing: CPU while an instance starts or serves.', source: RUN },
  { price: 'request-based-memory', amount: 0.0000025, per: 1, unit: 'GiB-second', service: 'cloud-run', text: 'Request-based billing: memory while an instance starts or serves.', source: GUIDES },
  { price: 'request-based-idle-vcpu', amount: 0.0000025, per: 1, unit: 'vCPU-second', service: 'cloud-run', text: 'Request-based billing: CPU of an idle minimum instance.', source: GUIDES },
  { price: 'request-based-idle-memory', amount: 0.0000025, per: 1, unit: 'GiB-second', service: 'cloud-run', text: 'Request-based billing: memory of an idle minimum instance.', source: GUIDES },
  { price: 'requests', amount: 0.4, per: 1_000_000, unit: 'request', service: 'cloud-run', text: 'Request-based billing: requests.', source: GUIDES },
  { price: 'instance-based-vcpu', amount: 0.000018, per: 1, unit: 'vCPU-second', service: 'cloud-run', text: 'Instance-based billing: CPU for the whole life of an instance.', source: RUN },
  { price: 'instance-based-memory', amount: 0.000002, per: 1, unit: 'GiB-second', service: 'cloud-run', text: 'Instance-based billing: memory for the whole life of an instance.', source: GUIDES },
  { price: 'key-version-software', amount: 0.06, per: 1, unit: 'active key version and month', service: 'cloud-kms', text: 'A SOFTWARE key version.', source: KMS_PRICING },
  { price: 'key-version-hsm', amount: 1, per: 1, unit: 'active key version and month', service: 'cloud-kms', text: 'An HSM key version, symmetric.', source: KMS_PRICING },
  { price: 'key-version-external', amount: 3, per: 1, unit: 'active key version and month', service: 'cloud-kms', text: 'An EXTERNAL or EXTERNAL_VPC key version, without the fees of the partner.', source: KMS_PRICING },
  { price: 'key-operations', amount: 0.03, per: 10_000, unit: 'cryptographic operation', service: 'cloud-kms', text: 'Encrypt and decrypt operations with a symmetric key, at any protection level.', source: KMS_PRICING },
] as const satisfies readonly {
  readonly price: string;
  readonly amount: number;
  readonly per: number;
  readonly unit: string;
  readonly service: 'cloud-run' | 'cloud-kms';
  readonly text: string;
  readonly source: string;
}[];

export type PriceName = (typeof PRICES)[number]['price'];

/** Instance time is billed in steps of this many seconds. */
export const BILLING_STEP_SECONDS = 0.1;
/** For turning a price per month into one per second: 365.25 / 12 days. */
export const SECONDS_PER_MONTH = 2_629_800;

/** What `count` units cost, USD. */
export function cost(price: PriceName, count: number): number {
  const row = PRICES.find((each) => each.price === price)!;
  return (count * row.amount) / row.per;
}

/** Which row an active key version of a level is billed by. */
export function keyVersionPrice(level: ProtectionLevel): PriceName {
  switch (level) {
    case 'SOFTWARE':
      return 'key-version-software';
    case 'HSM':
      return 'key-version-hsm';
    case 'EXTERNAL':
    case 'EXTERNAL_VPC':
      return 'key-version-external';
  }
}
