/**
 * The messages of a service log, each once with its count: what an operator would find when looking.
 */
export interface SeenMessage {
  readonly text: string;
  readonly severity: string;
  /** `RESOURCE_EXHAUSTED` … or empty. */
  readonly status: string;
  readonly service: string;
  /** When the first one was written, s since the start; null where the log does not say. */
  readonly first: number | null;
  readonly count: number;
}

/** Severities of Cloud Logging that occur here. */
const GRAVEST_FIRST: readonly string[] = ['ERROR', 'WARNING', 'INFO'];

/** Distinct messages by text, severity, status and service: the gravest first, then the most frequent, then the earliest. */
export function messagesIn(log: readonly string[]): SeenMessage[] {
  const seen = new Map<string, SeenMessage>();
  for (const line of log) {
    const entry = JSON.parse(line) as Entry;
    const { status, message } = entry.jsonPayload ?? {};
    const leftOut = entry.jsonPayload?.left_out ?? 0;
    const whole = entry.textPayload ?? message ?? '';
    // An entry that stands for others it left out ends with the text that they have.
    const text = leftOut > 0 ? whole.slice(whole.indexOf(': ') + 2) : whole;
    const service = entry.labels?.service_name ?? entry.resource?.labels?.service_name ?? '';
    const severity = entry.severity ?? '';
    const id = JSON.stringify([text, severity, status, service]);
    const before = seen.get(id);
    seen.set(id, {
      text,
      severity,
      status: status ?? '',
      service,
      first: before === undefined ? (entry.simulated_s ?? null) : before.first,
      count: (before?.count ?? 0) + Math.max(1, leftOut),
    });
  }
  const gravity = ({ severity }: SeenMessage): number => {
    const place = GRAVEST_FIRST.indexOf(severity);
    return place < 0 ? GRAVEST_FIRST.length : place;
  };
  return [...seen.values()].sort((a, b) => gravity(a) - gravity(b) || b.count - a.count);
}

/** The members read here; a Cloud Logging LogEntry has more. */
interface Entry {
  readonly simulated_s?: number;
  readonly severity?: string;
  readonly textPayload?: string;
  readonly jsonPayload?: {
    readonly status?: string;
    readonly message?: string;
    /** How many entries like this one were not written. */
    readonly left_out?: number;
  };
  readonly labels?: { readonly service_name?: string };
  readonly resource?: { readonly labels?: { readonly service_name?: string } };
}
