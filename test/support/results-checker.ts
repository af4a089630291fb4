/**
 * An auditor who is shown the files of a results folder and nothing else: no plan, no model, no reader or writer of
 * ours. What the files say has to agree with itself: requests that came and what became of them, curves and their
 * sums, starts and their log entries, denials and the quota, evictions and what was known of the key.
 *
 * Sums are held against the summary where there was no warm-up, since curves show that time too and the summary does
 * not; the other checks always. With several replications the files are those of the first, whose numbers stand in
 * `replications.csv`.
 */
export interface CheckOptions {
  /** False where a limit is not held second by second, sliding: then its windows are not recomputed. */
  readonly slidingQuotas?: boolean;
}

/** What does not agree, one line each; empty: all does. `files`: by name, as in the folder. */
export function contradictions(files: ReadonlyMap<string, string>, options: CheckOptions = {}): string[] {
  return new Checker(files, options).run();
}

type Row = Readonly<Record<string, string>>;
// Files of unknown content: what is asked of them is checked where it is asked.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = any;

const CODES = ['429', '499', '500', '503', '504'];

class Checker {
  private readonly found: string[] = [];
  private readonly files: ReadonlyMap<string, string>;
  private readonly sliding: boolean;
  private readonly summary: Json;
  /** Whether sums of curves are those of the summary. */
  private readonly comparable: boolean;
  private readonly numbers: ReadonlyMap<string, number | null>;
  private readonly grid: readonly Row[];
  private readonly starts: readonly Row[];
  private readonly quota: readonly Row[];
  private readonly operations: readonly Row[];
  private readonly audit: readonly Json[];
  private readonly log: readonly Json[];

  constructor(files: ReadonlyMap<string, string>, options: CheckOptions) {
    this.files = files;
    this.sliding = options.slidingQuotas ?? true;
    this.summary = JSON.parse(this.text('summary.json'));
    this.comparable = this.summary.scenario.warm_up_s === 0;
    this.numbers = this.numbersOfFirst();
    this.grid = csv(this.text('scale-out.csv'));
    this.starts = csv(this.text('cold-starts.csv'));
    this.quota = csv(this.text('kms-quota.csv'));
    this.operations = csv(this.text('kms-operations.csv'));
    this.audit = jsonLines(this.text('audit-log.jsonl'));
    this.log = jsonLines(this.text('service-log.jsonl'));
  }

  run(): string[] {
    this.figures(this.summary, 'summary');
    for (const service of this.summary.services) {
      this.conservation(service.service_name);
      this.percentiles(service);
      this.requestCurve(service.service_name);
      this.instances(service.service_name);
    }
    this.times();
    this.pools();
    this.quotaWindows();
    this.denials();
    this.startStories();
    this.evictions();
    this.faults();
    this.cost();
    this.objectives();
    return this.found;
  }

  private text(name: string): string {
    const text = this.files.get(name);
    if (text === undefined) throw new Error(`${name} is missing`);
    return text;
  }

  private expect(truth: boolean, what: () => string): void {
    if (!truth && this.found.length < 20) this.found.push(what());
  }

  private equal(a: number, b: number, what: string): void {
    this.expect(
      Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b)),
      () => `${what}: ${a} and ${b}`,
    );
  }

  /** Numbers of the summary, of replication 1 where there are more, by their path. */
  private numbersOfFirst(): ReadonlyMap<string, number | null> {
    const numbers = new Map<string, number | null>();
    if (this.summary.scenario.replications > 1) {
      for (const { replication, metric, value } of csv(this.text('replications.csv'))) {
        if (replication === '1') numbers.set(metric, value === '' ? null : Number(value));
      }
      return numbers;
    }
    const walk = (value: Json, path: string): void => {
      if (value === null || typeof value === 'number') numbers.set(path, value);
      else if (typeof value === 'object') {
        for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`);
      }
    };
    for (const service of this.summary.services) walk(service, `services.${service.service_name}`);
    for (const pool of this.summary.kms) {
      walk(pool, `kms.${pool.project_id}/${pool.location}/${pool.protection_level}`);
    }
    return numbers;
  }

  private number(path: string): number {
    return this.numbers.get(path) ?? 0;
  }

  /** Every number is finite and, but for margins there are none, not negative; an interval is in order. */
  private figures(value: Json, path: string): void {
    if (typeof value === 'number') {
      this.expect(Number.isFinite(value), () => `${path} is finite`);
      this.expect(
        value >= 0 || /(at|until|detected)_s$|limit|value|low/.test(path),
        () => `${path} is not negative: ${value}`,
      );
    } else if (value !== null && typeof value === 'object') {
      if ('mean' in value && 'low' in value && 'high' in value) {
        const inOrder = value.low <= value.mean * (1 + 1e-12) && value.mean <= value.high * (1 + 1e-12);
        this.expect(inOrder, () => `${path}: low <= mean <= high`);
      }
      for (const [key, inner] of Object.entries(value)) this.figures(inner, `${path}.${key}`);
    }
  }

  private conservation(service: string): void {
    const of = (name: string): number => this.number(`services.${service}.${name}`);
    const codes = CODES.reduce((sum, code) => sum + of(`requests.code_${code}`), 0);
    const { arrived, served } = { arrived: of('requests.arrived'), served: of('requests.served') };
    this.equal(
      arrived,
      served + codes + of('requests.in_flight'),
      `${service}: arrived = answered + in flight`,
    );
    this.equal(
      of('logical.offered'),
      arrived - of('requests.retries'),
      `${service}: offered = arrived less retries`,
    );
    this.expect(of('requests.cold') <= arrived, () => `${service}: no more cold requests than arrived`);
    this.expect(
      of('requests.rejected_at_front_end') <= codes,
      () => `${service}: front-end rejections are answers`,
    );
    this.equal(of('logical.succeeded'), served, `${service}: who is served has succeeded`);
    if (served + codes > 0)
      this.equal(of('error_ratio'), codes / (served + codes), `${service}: error_ratio`);
  }

  private percentiles({ service_name: service }: Json): void {
    for (const group of ['e2e_latencies_ms', 'request_latencies_ms', 'pending_ms', 'startup_latencies_ms']) {
      const there = ['p50', 'p90', 'p95', 'p99', 'p99_9', 'max']
        .map((name) => this.numbers.get(`services.${service}.${group}.${name}`))
        .filter((value) => value !== undefined && value !== null);
      there.forEach((value, at) =>
        this.expect(at === 0 || there[at - 1] <= value, () => `${service}: percentiles of ${group} ascend`),
      );
      const mean = this.numbers.get(`services.${service}.${group}.mean`) ?? 0;
      if (there.length > 0 && group !== 'request_latencies_ms') {
        this.expect(
          mean <= there.at(-1)! * (1 + 1e-9),
          () => `${service}: the mean of ${group} is at most its maximum`,
        );
      }
    }
  }

  private requestCurve(service: string): void {
    const rows = csv(this.text('requests.csv')).filter((row) => row.service_name === service);
    for (const row of rows) {
      const tail = ['e2e_p50_ms', 'e2e_p95_ms', 'e2e_p99_ms', 'e2e_max_ms'].map((name) => row[name]);
      this.expect(
        tail.every((cell) => (cell === '') === (row.code_2xx === '0')),
        () => `${service} at ${row.time_s}: latencies where something was served`,
      );
      // Those of a curve are within 1 %.
      const ascending = tail.every(
        (cell, at) => at === 0 || cell === '' || Number(tail[at - 1]) <= Number(cell) * 1.01,
      );
      this.expect(ascending, () => `${service} at ${row.time_s}: percentiles ascend`);
    }
    if (!this.comparable) return;
    const sum = (column: string): number => total(rows, column);
    const of = (name: string): number => this.number(`services.${service}.requests.${name}`);
    this.equal(sum('arrived'), of('arrived'), `requests.csv: arrivals of ${service}`);
    this.equal(sum('code_2xx'), of('served'), `requests.csv: answers 2xx of ${service}`);
    for (const code of CODES) {
      this.equal(sum(`code_${code}`), of(`code_${code}`), `requests.csv: answers ${code} of ${service}`);
    }
    const longest = Math.max(0, ...rows.map((row) => Number(row.e2e_max_ms)));
    const most = this.number(`services.${service}.e2e_latencies_ms.max`);
    this.expect(
      Math.abs(longest - most) <= most / 100,
      () => `${service}: the longest of the curve, ${longest}, is ${most}`,
    );
  }

  private instances(service: string): void {
    const own = this.starts.filter((row) => row.service_name === service);
    const of = (name: string): number => this.number(`services.${service}.instances.${name}`);
    const most = new Map<string, number>();
    for (const row of this.grid) {
      if (row.service_name !== service) continue;
      const here = ['starting', 'awaiting_key', 'active', 'idle'].reduce(
        (sum, name) => sum + Number(row[name]),
        0,
      );
      most.set(row.time_s, (most.get(row.time_s) ?? 0) + here);
    }
    const highest = Math.max(0, ...most.values());
    this.expect(
      of('mean') <= of('max') + 1e-9,
      () => `${service}: the mean of instances is at most their maximum`,
    );
    this.expect(of('mean_active') <= of('mean') + 1e-9, () => `${service}: active instances are instances`);
    if (!this.comparable) return;
    this.expect(
      highest <= of('max'),
      () => `${service}: the curve never shows more than ${of('max')} instances`,
    );
    this.equal(own.length, of('started'), `cold-starts.csv: starts of ${service}`);
    this.equal(
      own.filter(({ outcome }) => outcome === 'ready').length,
      of('ready'),
      `${service}: starts that became ready`,
    );
    for (const cause of causes(own)) {
      const refused = own.filter(({ outcome }) => outcome === `refused:${cause}`).length;
      this.equal(refused, of(`refused.${cause}`), `${service}: starts refused for ${cause}`);
    }
  }

  /** Grids are whole multiples of the interval, and logs are in the order of time. */
  private times(): void {
    const { duration_s, sample_interval_s } = this.summary.scenario;
    for (const name of ['scale-out.csv', 'requests.csv', 'kms-quota.csv', 'kms-operations.csv']) {
      for (const { time_s } of csv(this.text(name))) {
        const steps = Number(time_s) / sample_interval_s;
        const onGrid = Math.abs(steps - Math.round(steps)) < 1e-6 && Number(time_s) < duration_s;
        this.expect(onGrid || Number(time_s) === 0, () => `${name}: ${time_s} is on the grid`);
      }
    }
    const decisions = jsonLines(this.text('decisions.jsonl'));
    for (const [name, entries] of [
      ['audit', this.audit],
      ['service', this.log],
      ['decision', decisions],
    ] as const) {
      entries.forEach(({ simulated_s }, at) => {
        const inOrder = at === 0 || entries[at - 1].simulated_s <= simulated_s;
        this.expect(
          inOrder && simulated_s <= duration_s,
          () => `the ${name} log is in the order of time, and ends`,
        );
      });
    }
    const issued = decisions.reduce((sum, { starts }) => sum + Number(starts ?? 0), 0);
    this.expect(
      issued <= this.starts.length,
      () => `no more starts are decided, ${issued}, than begin, ${this.starts.length}`,
    );
  }

  private pools(): void {
    const levels = new Map(this.operations.map(({ key, protection_level }) => [key, protection_level]));
    for (const { project_id, location, protection_level } of this.summary.kms) {
      const name = `kms.${project_id}/${location}/${protection_level}`;
      const rows = this.quota.filter(
        (row) =>
          row.project_id === project_id &&
          row.location === location &&
          row.protection_level === protection_level,
      );
      const uses = this.operations.filter(
        (row) =>
          row.protection_level === protection_level &&
          row.key.startsWith(`projects/${project_id}/locations/${location}/`),
      );
      const asked = total(uses, 'granted') + total(uses, 'exceeded');
      this.equal(total(rows, 'operations'), asked, `${name}: both tables have the same calls`);
      this.equal(
        total(rows, 'exceeded'),
        total(uses, 'exceeded'),
        `${name}: both tables have the same denials`,
      );
      const entries = this.audit.filter(({ resource, protoPayload, simulated_s }) => {
        const { labels } = resource;
        return (
          simulated_s >= 0 &&
          labels.project_id === project_id &&
          labels.location === location &&
          levels.get(protoPayload.resourceName) === protection_level
        );
      });
      this.equal(entries.length, asked, `${name}: an audit entry a call`);
      this.equal(
        entries.filter(isDenied).length,
        total(uses, 'exceeded'),
        `${name}: an audit entry a denial`,
      );
      for (const row of uses) {
        this.expect(Number(row.failed) <= Number(row.granted), () => `${name}: only granted calls fail`);
      }
      if (!this.comparable) continue;
      for (const column of ['operations', 'usage', 'exceeded', 'other_usage']) {
        this.equal(
          total(rows, column),
          this.number(`${name}.${column}`),
          `kms-quota.csv: ${column} of ${name}`,
        );
      }
      const peak = Math.max(0, ...rows.map((row) => Number(row.peak_per_second)));
      this.equal(peak, this.number(`${name}.peak_per_second`), `${name}: the peak per second`);
      if (protection_level === 'SOFTWARE') this.equal(total(rows, 'usage'), 0, 'software keys use no quota');
    }
  }

  /** Granted calls in any window are at most the quota, recomputed from the times in the audit log. */
  private quotaWindows(): void {
    if (!this.sliding || this.summary.scenario.quotaPolicy !== 'hard-per-second') return;
    // A limit that is changed is another one from then on, which no file shows to the nanosecond.
    if (jsonLines(this.text('decisions.jsonl')).some(({ by }) => by === 'quota-adjuster')) return;
    const changes: { from: number; to: number }[] = this.summary.faults
      .filter(({ kind }: Json) => kind === 'quotaLimit')
      .map(({ at_s, until_s }: Json) => ({ from: at_s * 1e9, to: (until_s ?? Infinity) * 1e9 }));
    const levels = new Map(this.operations.map(({ key, protection_level }) => [key, protection_level]));
    const granted = new Map<string, number[]>();
    for (const entry of this.audit) {
      const level = levels.get(entry.protoPayload.resourceName);
      if (level === undefined || level === 'SOFTWARE' || isDenied(entry)) continue;
      const { project_id, location } = entry.resource.labels;
      const pool = `${project_id}/${location}/${level === 'HSM' ? 'HSM' : 'EXTERNAL'}`;
      const times = granted.get(pool) ?? [];
      granted.set(pool, times);
      times.push(Math.round(entry.simulated_s * 1e9));
    }
    for (const [pool, times] of granted) {
      const limits = this.quota.filter(
        (row) =>
          `${row.project_id}/${row.location}/${row.protection_level === 'HSM' ? 'HSM' : 'EXTERNAL'}` === pool,
      );
      const usual = limits.find(({ time_s }) =>
        changes.every(({ from, to }) => Number(time_s) * 1e9 < from || Number(time_s) * 1e9 > to),
      );
      const perSecond = Number(usual?.limit_per_minute ?? 0) / 60;
      if (perSecond === 0) continue;
      const calls = Math.ceil(perSecond);
      const span = (calls / perSecond) * 1e9;
      times.forEach((at, index) => {
        if (index < calls || changes.some(({ from, to }) => at >= from && times[index - calls] <= to)) return;
        const over = at - times[index - calls] < span - 1;
        this.expect(
          !over,
          () => `${pool}: more than ${calls} calls granted in ${span / 1e9} s before ${at / 1e9}`,
        );
      });
    }
  }

  /** Each entry about an exceeded quota stands beside a denied call, and each start that was denied beside an entry. */
  private denials(): void {
    const denied = new Set(this.audit.filter(isDenied).map(({ simulated_s }) => simulated_s));
    const entries = this.log.filter(({ jsonPayload }) => jsonPayload?.cause === 'quota-exceeded');
    for (const { simulated_s, jsonPayload } of entries) {
      this.expect(
        denied.has(simulated_s),
        () => `a denial is logged at ${simulated_s}, and no call was denied then`,
      );
      this.expect(
        jsonPayload.status === 'RESOURCE_EXHAUSTED',
        () => 'an exceeded quota is RESOURCE_EXHAUSTED',
      );
    }
    const ofStarts = entries.filter(({ labels }) => labels?.instanceId !== undefined).length;
    const refused = this.starts.filter(({ outcome }) => outcome === 'refused:quota-exceeded').length;
    this.equal(ofStarts, refused, 'an entry for each start that the quota ended');
    const calls = this.audit.filter(isDenied).length;
    this.expect(refused <= calls, () => `${refused} starts were denied, and only ${calls} calls`);
  }

  /** Each start is told when it begins and when it ends, and its steps make up the time between. */
  private startStories(): void {
    const story = (row: {
      readonly service: string;
      readonly revision: string;
      readonly instance: string;
    }): string => `${row.service}/${row.revision}/${row.instance}`;
    const began = new Map<string, number[]>();
    const became = new Map<string, number>();
    for (const { resource, labels, textPayload, simulated_s } of this.log) {
      if (labels?.instanceId === undefined) continue;
      const { service_name: service, revision_name: revision } = resource.labels;
      const name = story({ service, revision, instance: labels.instanceId });
      if (String(textPayload).startsWith('Starting new instance')) {
        began.set(name, [...(began.get(name) ?? []), simulated_s]);
      } else if (/probe succeeded/i.test(textPayload)) became.set(name, simulated_s);
    }
    this.equal([...began.values()].flat().length, this.starts.length, 'an entry for each start that begins');
    for (const row of this.starts) {
      const name = story({ service: row.service_name, revision: row.revision_name, instance: row.instance });
      const times = began.get(name) ?? [];
      this.expect(
        times.includes(Number(row.start_s)),
        () => `${name} begins at ${row.start_s}, and the log says so`,
      );
      this.expect(
        became.has(name) === (row.outcome === 'ready'),
        () => `${name} is ${row.outcome}, and so the log says`,
      );
      if (row.outcome !== 'ready') continue;
      const steps = ['scheduling_ms', 'import_ms', 'key_ms', 'container_ms'].map((step) => Number(row[step]));
      const length = steps.reduce((sum, step) => sum + step, 0) / 1000;
      const took = (became.get(name) ?? NaN) - Number(row.start_s);
      this.expect(
        Math.abs(length - took) < 1e-6,
        () => `${name}: its steps take ${length} s, and it took ${took} s`,
      );
    }
  }

  /** Evictions are logged as often as counted, and never before a call on that key has failed. */
  private evictions(): void {
    const failures = new Map<string, number>();
    for (const { protoPayload, simulated_s } of this.audit) {
      const { resourceName: key, status } = protoPayload;
      if (status.code !== 0 && !failures.has(key)) failures.set(key, simulated_s);
    }
    const counted = new Map<string, number>();
    for (const { textPayload, jsonPayload, simulated_s, resource } of this.log) {
      const [, count, cause, key] =
        /^Shutting down (\d+) instances? because the CMEK key cannot be used \((.+)\)\. CMEK key: (.+)$/.exec(
          textPayload,
        ) ?? [];
      if (count === undefined) continue;
      const name = `${resource.labels.service_name}.instances.evicted.${cause}`;
      counted.set(name, (counted.get(name) ?? 0) + Number(count));
      const known = failures.get(key);
      this.expect(
        known !== undefined && known <= simulated_s,
        () => `${count} instances leave at ${simulated_s}, before a call has failed`,
      );
      this.expect(jsonPayload.instances === Number(count), () => 'the entry counts as many as it says');
      const due = this.summary.faults.map(({ next_eviction_s: at }: Json) =>
        typeof at === 'number' ? at : at?.low,
      );
      const early =
        due.length > 0 && due.every((at: number | undefined) => at === undefined || simulated_s < at - 1e-9);
      this.expect(
        !early || this.summary.scenario.replications > 1,
        () => `instances leave at ${simulated_s}, and no fault says so`,
      );
    }
    if (!this.comparable) return;
    const all = [...this.numbers].filter(([path]) => path.includes('.instances.evicted.'));
    this.equal(
      all.reduce((sum, [, value]) => sum + (value ?? 0), 0),
      [...counted.values()].reduce((sum, value) => sum + value, 0),
      'an entry for each eviction',
    );
    for (const [name, count] of counted) this.equal(this.number(`services.${name}`), count, name);
  }

  private faults(): void {
    if (this.summary.scenario.replications > 1) return;
    for (const fault of this.summary.faults) {
      const { name, at_s, until_s, detected_s, first_ready_after_s, recovered_s, ready_before, ready_min } =
        fault;
      const late = (value: number | null, than: number | null): boolean =>
        value === null || than === null || value >= than;
      this.expect(
        late(until_s, at_s) && late(detected_s, at_s),
        () => `${name} begins before it is noticed or ends`,
      );
      this.expect(
        late(recovered_s, until_s) && late(first_ready_after_s, until_s),
        () => `${name} ends before recovery`,
      );
      this.expect(
        late(ready_before, ready_min),
        () => `${name}: the fewest ready are no more than were before`,
      );
    }
  }

  private cost(): void {
    const { cost } = this.summary;
    if (cost === undefined || this.summary.scenario.replications > 1) return;
    const sum = cost.services.reduce((all: number, { cloud_run }: Json) => all + cloud_run, 0);
    this.equal(sum, cost.cloud_run, 'the services cost what Cloud Run costs');
    this.equal(
      cost.cloud_kms_operations + cost.cloud_kms_key_versions,
      cost.cloud_kms,
      'the parts of Cloud KMS',
    );
    for (const { cpu, memory, requests, idle_minimum, cloud_run, service_name } of cost.services) {
      this.equal(cpu + memory + requests + idle_minimum, cloud_run, `the parts of ${service_name}`);
    }
  }

  private objectives(): void {
    for (const { expect, value, limit, verdict, low, high } of this.summary.objectives) {
      if (low !== null || value === null) {
        if (low !== null)
          this.expect(low <= value && value <= high, () => `${expect}: the value is in its interval`);
        continue;
      }
      const comparison = /<=|>=|==|!=|<|>/.exec(expect)?.[0];
      const holds: Readonly<Record<string, boolean>> = {
        '<': value < limit,
        '<=': value <= limit,
        '>': value > limit,
        '>=': value >= limit,
        '==': value === limit,
        '!=': value !== limit,
      };
      this.expect(
        holds[comparison ?? ''] === (verdict === 'met'),
        () => `${expect}: ${value} is not ${verdict}`,
      );
    }
  }
}

/** Denied for quota, and not overloaded at the external key manager, which has the same code. */
const isDenied = ({ protoPayload }: Json): boolean =>
  protoPayload.status.code === 8 &&
  (protoPayload.status.details ?? []).some(({ reason }: Json) => reason !== undefined);

const causes = (rows: readonly Row[]): Set<string> =>
  new Set(rows.flatMap(({ outcome }) => /^refused:(.+)$/.exec(outcome)?.[1] ?? []));

const total = (rows: readonly Row[], column: string): number => {
  let sum = 0;
  for (const row of rows) sum += Number(row[column]);
  return sum;
};

const jsonLines = (text: string): readonly Json[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** RFC 4180 as it is written here, by other means than the program's own reader. */
function csv(text: string): Row[] {
  const [header, ...lines] = text.replace(/\n$/, '').split('\n');
  const names = header.split(',');
  return lines.map((line) => {
    const cells: string[] = [];
    let cell = '';
    let quoted = false;
    for (let at = 0; at < line.length; at++) {
      const character = line[at];
      if (character === '"') {
        if (quoted && line[at + 1] === '"') {
          cell += '"';
          at++;
        } else quoted = !quoted;
      } else if (character === ',' && !quoted) {
        cells.push(cell);
        cell = '';
      } else cell += character;
    }
    cells.push(cell);
    return Object.fromEntries(names.map((name, index) => [name, cells[index]]));
  });
}
