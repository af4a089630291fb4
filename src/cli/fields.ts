/**
 * What `explain` knows besides the rules: the fields of a scenario file, from its schema; the metrics an objective
 * may name; the status codes of key calls. Nothing is typed twice.
 */
import { METRICS } from '../probes/metrics.ts';
import type { Explanation } from '../rules/explanations.ts';
import { STATUS_CODES } from '../rules/status-codes.ts';
import { jsonSchema } from '../scenario/schema.ts';

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

const SCENARIO_FILE = 'the scenario file; `cmeksim schema` prints all of it';

/** One entry per field, named by its path without list positions: `services.startup.probe.period`. */
function fieldsOf(node: Node, path: string, found: Map<string, Explanation>): void {
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    const here = path === '' ? name : `${path}.${name}`;
    if (field.description !== undefined && !found.has(here)) {
      found.set(here, {
        kind: 'field',
        name: here,
        aliases: path === '' ? [] : [name],
        text: field.description,
        source: SCENARIO_FILE,
      });
    }
    fieldsOf(field, here, found);
  }
  if (node.items !== undefined) fieldsOf(node.items, path, found);
  for (const variant of node.anyOf ?? []) fieldsOf(variant, path, found);
}

export function fieldExplanations(): readonly Explanation[] {
  const found = new Map<string, Explanation>();
  fieldsOf(jsonSchema() as Node, '', found);
  return [
    ...found.values(),
    ...METRICS.map(({ name, unit, what }) => ({
      kind: 'metric',
      name,
      aliases: [],
      text: `${what}. Unit: ${unit}.`,
      source: 'summary.json; for `expect` in objectives',
    })),
    ...STATUS_CODES.map(({ name, code, http }) => ({
      kind: 'status',
      name,
      aliases: [],
      text: `gRPC status ${code}, HTTP ${http}; jsonPayload.status in service-log.jsonl, protoPayload.status.code in audit-log.jsonl.`,
      source: 'google.rpc.Code',
    })),
  ];
}
