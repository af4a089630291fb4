/**
 * What `explain` knows besides the rules: the fields of a scenario file, from its schema; the metrics an objective
 * may name; the status codes of key calls. Nothing is typed twice.
 */
import { METRICS } from '../probes/metrics.ts';
import type { Explanation } from '../rules/explanations.ts';
import { STATUS_CODES } from '../rules/status-codes.ts';
import { jsonSchema } from '../scenario/schema.ts';

/** Something that can be explained. */
export interface Known extends Explanation {
  /** Where it stands in a file, part by part; a part that ends in `[]` is a list, whose entries have names. */
  readonly path?: readonly string[];
}

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly allOf?: readonly Node[];
  readonly $ref?: string;
}

interface Root extends Node {
  readonly definitions?: Readonly<Record<string, Node>>;
}

const SCENARIO_FILE = 'the scenario file; `cmeksim schema` prints all of it';

export function fieldExplanations(): readonly Known[] {
  const schema = JSON.parse(jsonSchema()) as Root;
  const found = new Map<string, Known>();
  fieldsOf(schema, [], found);
  for (const [id, node] of Object.entries(schema.definitions ?? {})) fieldsOf(node, [id], found);
  return [
    {
      kind: 'field',
      name: 'document',
      aliases: ['scenario'],
      text: `The scenario file as a whole. Its fields: ${Object.keys(schema.properties ?? {}).join(', ')}.`,
      source: SCENARIO_FILE,
    },
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

/** One entry per field, named by its path without list positions: `services.startup.probe.period`. */
function fieldsOf(node: Node, path: readonly string[], found: Map<string, Known>): void {
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    const here = [...path, isList(field) ? `${name}[]` : name];
    const full = here.join('.').replaceAll('[]', '');
    if (!found.has(full)) {
      found.set(full, {
        kind: 'field',
        name: full,
        aliases: path.length === 0 ? [] : [name],
        text: descriptionOf(field) ?? `A part of ${path.join('.').replaceAll('[]', '')}.`,
        source: SCENARIO_FILE,
        path: here,
      });
    }
    fieldsOf(field, here, found);
  }
  if (node.items !== undefined) fieldsOf(node.items, path, found);
  for (const variant of [...(node.anyOf ?? []), ...(node.allOf ?? [])]) fieldsOf(variant, path, found);
}

const isList = (node: Node): boolean => node.items !== undefined || (node.anyOf ?? []).some(isList);

/** The description itself; of a field that can be written in several ways, those of the ways. */
const descriptionOf = ({ description, properties, anyOf }: Node): string | undefined => {
  if (description !== undefined) return description;
  if (properties !== undefined) return `Its fields: ${Object.keys(properties).join(', ')}.`;
  const ways = (anyOf ?? []).flatMap((way) => descriptionOf(way) ?? []);
  return ways.length > 0 ? ways.join(' Or: ') : undefined;
};
