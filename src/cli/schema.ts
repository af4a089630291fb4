/** `cmeksim schema`: the JSON Schema that editors complete and check scenario files with. */
import { jsonSchema } from '../scenario/schema.ts';
import { EXIT } from './exit.ts';
import type { Terminal } from './terminal.ts';

export function schema(terminal: Terminal): number {
  terminal.out(jsonSchema());
  return EXIT.ok;
}
