/**
 * How close accelerated mode comes to exact mode: both play the same scenarios with the same seeds, and every figure is
 * compared. `node test/speed/accelerated-accuracy.mjs [folder]` (after `npm run build`, some minutes) writes
 * accelerated-accuracy.csv and .md to the folder, reports/speed by default, and ends with 1 if a bound is broken.
 *
 * Where quotas refuse starts, one run differs from another by far more than the modes do: whose start is tried first after
 * a wait is chance. There the mean over twenty seeds is compared with the 95 % interval of exact mode's mean.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const library = await import(process.env.CMEKSIM_LIBRARY ?? join(root, 'dist/index.js'));
const folder = process.argv[2] ?? join(root, 'reports/speed');

/** Of a summary, each figure with the bound it is held to, as a share; null: shown only. */
const FIGURES = [
  ['mean latency', 0.01, ({ services: [one] }) => one.e2e_latencies_ms.mean],
  ['p50 latency', null, ({ services: [one] }) => one.e2e_latencies_ms.p50],
  ['p99 latency', 0.02, ({ services: [one] }) => one.e2e_latencies_ms.p99],
  ['p99.9 latency', null, ({ services: [one] }) => one.e2e_latencies_ms.p99_9],
  ['mean pending', null, ({ services: [one] }) => one.pending_ms.mean],
  ['spike, mean latency', 0.01, ({ objectives }) => objectives[0].value],
  ['spike, p50 latency', null, ({ objectives }) => objectives[1].value],
  ['spike, p99 latency', 0.02, ({ objectives }) => objectives[2].value],
  ['instances, mean', 0.02, ({ services: [one] }) => one.instances.mean],
  ['instances, mean active', 0.03, ({ services: [one] }) => one.instances.mean_active],
  ['instances, most', 0.02, ({ services: [one] }) => one.instances.max],
  ['instances started', 0.02, ({ services: [one] }) => one.instances.started],
  ['KMS operations', 0.02, ({ kms: [one] }) => one.operations],
  ['cold requests', null, ({ services: [one] }) => one.requests.cold],
  ['cost of Cloud Run', null, ({ cost }) => cost.cloud_run],
];
const DENIALS = [['KMS calls denied', 0.05, ({ kms: [one] }) => one.exceeded]];

/** Where requests share the CPU, a sample of the instances is simulated: what that costs in closeness. */
const WITH_CPU = FIGURES.map(([figure, bound, of]) => [
  figure,
  bound === null ? null : boundWithCpu(figure),
  of,
]);

const rows = [];
compare('spike-at-ten-thousand', 5, FIGURES, false);
compare('spike-with-cpu', 5, WITH_CPU, false);
compare('spike-with-cpu', 5, WITH_CPU, false, 'all of it CPU', [
  { path: 'services.front.requests.duration', value: '10ms' },
]);
compare('spike-against-the-quota', 20, DENIALS, true);
write();
process.exitCode = rows.some(({ held }) => held === 'no') ? 1 : 0;

function boundWithCpu(figure) {
  return figure.includes('latency') ? 0.02 : 0.03;
}

/** `variant`: how the scenario is called with these overrides. */
function compare(name, seeds, figures, byInterval, variant = null, overrides = []) {
  const file = join(root, 'scenarios/speed', `${name}.yaml`);
  const runs = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const run = {};
    for (const mode of ['exact', 'accelerated']) {
      const { plan, problems } = library.loadScenario(readFileSync(file), file, {
        read: () => null,
        seed: String(seed),
        overrides: [{ path: 'mode', value: mode }, ...overrides],
      });
      if (plan === null) throw new Error(problems.map((each) => each.what).join('\n'));
      const before = process.cpuUsage();
      run[mode] = library.play({ ...plan }, 1, { logs: false }).summary;
      const { user, system } = process.cpuUsage(before);
      run[`${mode}-cpu`] = (user + system) / 1e6;
    }
    runs.push(run);
    process.stderr.write(
      `${name}, seed ${seed}: ${run['exact-cpu'].toFixed(1)} s exact, ${run['accelerated-cpu'].toFixed(1)} s accelerated\n`,
    );
  }
  const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;
  for (const [figure, bound, of] of figures) {
    const exact = runs.map((run) => of(run.exact));
    const accelerated = runs.map((run) => of(run.accelerated));
    const bias = mean(accelerated) / mean(exact) - 1;
    const error = mean(exact.map((one, i) => Math.abs(accelerated[i] / one - 1)));
    const middle = mean(exact);
    const spread = Math.sqrt(mean(exact.map((one) => (one - middle) ** 2)) / (seeds - 1));
    const half = library.tQuantile(0.975, seeds - 1) * spread;
    const inside = Math.abs(mean(accelerated) - middle) <= half;
    const judged = byInterval ? Math.abs(bias) : error;
    rows.push({
      scenario: variant === null ? name : `${name} (${variant})`,
      figure,
      seeds,
      exact: middle,
      accelerated: mean(accelerated),
      bias,
      error,
      interval: half / middle,
      bound,
      held: bound === null ? '' : judged <= bound || (byInterval && inside) ? 'yes' : 'no',
    });
  }
  const cpu = (mode) => mean(runs.map((run) => run[`${mode}-cpu`]));
  process.stderr.write(
    `${name}: CPU ${cpu('exact').toFixed(2)} s exact, ${cpu('accelerated').toFixed(2)} s accelerated\n`,
  );
}

function write() {
  mkdirSync(folder, { recursive: true });
  const columns = [
    'scenario',
    'figure',
    'seeds',
    'exact',
    'accelerated',
    'bias',
    'error',
    'interval',
    'bound',
    'held',
  ];
  const plain = (value) => (typeof value === 'number' ? String(Number(value.toPrecision(6))) : (value ?? ''));
  writeFileSync(
    join(folder, 'accelerated-accuracy.csv'),
    [columns, ...rows.map((row) => columns.map((name) => plain(row[name])))]
      .map((row) => `${row.join(',')}\n`)
      .join(''),
  );
  const share = (value) => (value === null ? '' : `${(100 * value).toFixed(2)} %`);
  const lines = rows.map(
    ({ scenario, figure, seeds, exact, accelerated, bias, error, interval, bound, held }) =>
      `| ${scenario} | ${figure} | ${seeds} | ${plain(exact)} | ${plain(accelerated)} | ${share(bias)} | ${share(error)} | ${share(interval)} | ${share(bound)} | ${held} |`,
  );
  writeFileSync(
    join(folder, 'accelerated-accuracy.md'),
    `# Accelerated mode against exact mode

Written by \`node test/speed/accelerated-accuracy.mjs\`. Bias: of the means over the seeds. Error: mean absolute error of
one seed. Interval: half the 95 % interval of exact mode's mean. Denials are judged by bias and interval, the rest by error.

| scenario | figure | seeds | exact | accelerated | bias | error | interval | bound | held |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
${lines.join('\n')}
`,
  );
}
