/**
 * What the services cost: a sentence, a bill per service and per month, the prices behind it, and what it takes for
 * granted.
 *
 * Amounts are US dollars at list price, of the measured time and scaled to a month in which all goes on as in it.
 * They are there to compare plans by, and the section says what a real bill has besides.
 */
import type { CostSummary, Figure, KmsSummary, ServiceCost, Summary } from '../probes/results.ts';
import { type PriceName, keyVersionPrice, PRICES } from '../rules/prices.ts';
import { PROTECTION_LEVEL_IDS } from '../rules/protection-levels.ts';
import { type Fragment, markup, table } from './html.ts';
import type { Section } from './page-section.ts';
import { figure, middle, number, percent, seconds } from './words.ts';

export function cost({ cost, kms, scenario }: Summary): Section | null {
  if (cost === undefined) return null;
  const measured = seconds(scenario.duration_s - scenario.warm_up_s);
  return {
    anchor: 'cost',
    title: 'Cost',
    content: markup`<p>${costFinding(cost)}</p>
      ${table(
        `Cloud Run, USD for the measured ${measured}, and for a month at this load`,
        [
          'Service',
          'Billing',
          'Billed instance time',
          'CPU',
          'Memory',
          'Requests',
          'Idle minimum',
          'Sum',
          'A month',
        ],
        cost.services.map(serviceRow),
      )}
      ${table(
        'All services and keys, USD',
        ['What', `Measured ${measured}`, 'A month at this load'],
        LINES.map(([title, name]) => [
          title,
          figure(cost[name], dollars),
          figure(cost.per_month[name], dollars),
        ]),
      )}
      ${prices(cost, kms)}
      <p>What the bill takes for granted:</p>
      <ul>
        ${grantedOf(cost, kms).map((sentence) => markup`<li>${sentence}</li>`)}
      </ul> `,
  };
}

/** What it costs a month, in a sentence or two. */
export function costFinding({ per_month }: CostSummary): string {
  const run = middle(per_month.cloud_run);
  const kms = middle(per_month.cloud_kms);
  if (run === null || kms === null) return 'No time was measured, so nothing is billed.';
  const total = run + kms;
  const idle = middle(per_month.cloud_run_idle_minimum) ?? 0;
  const ofRun = idle > 0 ? `, of which ${dollars(idle)} for idle minimum instances` : '';
  const share = total > 0 && kms > 0 ? ` (${percent(kms / total)} of the sum)` : '';
  return (
    `At this load a month would cost ${dollars(total)} USD at list prices: ` +
    `Cloud Run ${dollars(run)}${ofRun}, Cloud KMS ${dollars(kms)}${share}.`
  );
}

const LINES = [
  ['Cloud Run', 'cloud_run'],
  ['of it: idle minimum instances', 'cloud_run_idle_minimum'],
  ['of it: starts waiting for a key', 'cloud_run_awaiting_key'],
  ['Cloud KMS', 'cloud_kms'],
  ['of it: cryptographic operations', 'cloud_kms_operations'],
  ['of it: active key versions', 'cloud_kms_key_versions'],
] as const;

const serviceRow = (service: ServiceCost): string[] => [
  service.service_name,
  service.billing,
  figure(service.billed_instance_s, seconds),
  ...[
    service.cpu,
    service.memory,
    service.requests,
    service.idle_minimum,
    service.cloud_run,
    service.cloud_run_per_month,
  ].map((amount) => figure(amount, dollars)),
];

/** Cents where there are any, else three significant digits: a short run costs less than a cent. */
const dollars = (amount: number): string =>
  amount >= 1 ? amount.toFixed(2) : amount > 0 && amount < 0.0001 ? '< 0.0001' : number(amount);

function prices(cost: CostSummary, kms: readonly KmsSummary[]): Fragment {
  const used = usedBy(cost, kms);
  const rows = PRICES.filter(({ price }) => used.has(price)).map(({ text, amount, per, unit, source }) => [
    text,
    number(amount),
    per === 1 ? unit : `${number(per)} ${unit}s`,
    source,
  ]);
  return table(
    `Prices, USD, tier ${number(cost.tier)}, ${cost.free_tier ? 'free tier taken off' : 'without free tier'}`,
    ['Price', 'USD', 'Per', 'Source'],
    rows,
  );
}

function usedBy(
  { services, cloud_run_idle_minimum }: CostSummary,
  kms: readonly KmsSummary[],
): Set<PriceName> {
  const used = new Set<PriceName>();
  if (services.some(({ billing }) => billing !== 'instance-based')) {
    used.add('request-based-vcpu').add('request-based-memory').add('requests');
    if (isSome(cloud_run_idle_minimum)) used.add('request-based-idle-vcpu').add('request-based-idle-memory');
  }
  if (services.some(({ billing }) => billing !== 'request-based'))
    used.add('instance-based-vcpu').add('instance-based-memory');
  for (const level of PROTECTION_LEVEL_IDS) {
    if (kms.some(({ protection_level }) => protection_level === level))
      used.add(keyVersionPrice(level)).add('key-operations');
  }
  return used;
}

const isSome = (amount: Figure): boolean => (middle(amount) ?? 0) > 0;

function grantedOf({ services }: CostSummary, kms: readonly KmsSummary[]): string[] {
  return [
    'List prices of tier 1 locations. Not in the bill: free tiers, discounts, taxes, network traffic, logs, the storage of images.',
    'A month is 365.25 / 12 days, all of them like the measured time, its incidents included.',
    'A start is billed from the decision to start until the instance is ready, waiting for its key included, and so is one that is refused; with startup CPU boost, at the boosted CPU and for 10 s longer while it is billed. Whether a start is charged before its container runs is not documented, so this may be too much; what waiting for keys makes of it stands apart.',
    ...(services.some(({ billing }) => billing !== 'instance-based')
      ? [
          'Request-based billing: instance time with at least one request, with its start and its shutdown, each stretch rounded up to 100 ms; requests that reached an instance. Idle instances are billed as far as the minimum, or a manual count, keeps them; others are free.',
        ]
      : []),
    ...(services.some(({ billing }) => billing !== 'request-based')
      ? ['Instance-based billing: each instance from its start until it is gone; no fee for requests.']
      : []),
    ...(kms.length > 0
      ? [
          'Cloud KMS: every operation that was granted, whatever its answer; none that was denied for quota. Key versions while they are enabled or disabled, in proportion to the time, in full even where others use the key too.',
        ]
      : []),
    ...(kms.some(({ protection_level }) => protection_level.startsWith('EXTERNAL'))
      ? ['What the partner behind an external key charges is not in the bill.']
      : []),
  ];
}
