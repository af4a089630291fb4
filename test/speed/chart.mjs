/** Two pictures: each program's ratio beside what it is compared with, and the ratios to the kernel over the history. */
export async function charts(found, history) {
  const beside = found.programs.flatMap(({ name, target, beside: all }) =>
    all.map(({ title, ratio }) => ({ row: `${name} × ${title}`, ...ratio, target: target ?? null })),
  );
  const runs = history.flatMap(({ label, programs }, run) =>
    Object.entries(programs)
      .filter(([name]) => !['help', 'small-run', 'threads'].includes(name))
      .map(([name, { ratio, low, high }]) => ({ run: `${run + 1}: ${label}`, name, ratio, low, high })),
  );
  return {
    ...(beside.length > 0 && { 'beside.svg': await svg(besideChart(beside)) }),
    'history.svg': await svg(historyChart(runs)),
  };
}

const frame = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', background: 'white', width: 560 };

const besideChart = (values) => ({
  ...frame,
  title: 'CPU a request, as a multiple of another program that does the same (red: the goal)',
  data: { values },
  height: { step: 26 },
  encoding: { y: { field: 'row', type: 'nominal', sort: null, title: null, axis: { labelLimit: 320 } } },
  layer: [
    {
      mark: { type: 'bar', color: '#4c78a8' },
      encoding: {
        x: {
          field: 'median',
          type: 'quantitative',
          title: 'times (log)',
          scale: { type: 'symlog', constant: 1 },
        },
      },
    },
    {
      mark: { type: 'rule' },
      encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
    },
    {
      mark: { type: 'tick', color: '#d62728', thickness: 3 },
      encoding: { x: { field: 'target', type: 'quantitative' } },
    },
  ],
});

const historyChart = (values) => ({
  ...frame,
  title: 'CPU a unit over that of the reference kernel, run by run',
  data: { values },
  height: 300,
  encoding: {
    x: { field: 'run', type: 'ordinal', title: null, sort: null, axis: { labelAngle: -30 } },
    color: { field: 'name', type: 'nominal', title: null },
  },
  layer: [
    {
      mark: { type: 'line', point: true },
      encoding: {
        y: { field: 'ratio', type: 'quantitative', scale: { type: 'log' }, title: 'ratio (log), quartiles' },
      },
    },
    {
      mark: { type: 'rule' },
      encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
    },
  ],
});

async function svg(spec) {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec: compiled } = vegaLite.compile(spec, { logger: vega.logger(vega.Error) });
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
