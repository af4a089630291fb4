import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonSchema, scenario } from '../../src/scenario/schema.ts';
import { problemsOf } from '../support/plans.ts';

type Schema = {
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  description?: string;
  additionalProperties?: boolean;
  required?: string[];
};

describe('the JSON Schema of the scenario file', () => {
  it('is the one in the project root (UPDATE_SCHEMA=1 writes it)', () => {
    const file = new URL('../../scenario.schema.json', import.meta.url);
    if (process.env.UPDATE_SCHEMA) writeFileSync(file, jsonSchema());
    expect(readFileSync(file, 'utf8')).toBe(jsonSchema());
  });

  it('asks for name, duration and services, and for nothing else', () => {
    expect((JSON.parse(jsonSchema()) as Schema).required).toEqual(['name', 'duration', 'services']);
  });

  it('describes every field of the file, a service and a key, and allows no other', () => {
    const root = JSON.parse(jsonSchema()) as Schema;
    for (const map of [root, root.properties!.services.items!, root.properties!.keys.items!]) {
      expect(map.additionalProperties).toBe(false);
      for (const [name, field] of Object.entries(map.properties!))
        expect(field.description, name).toBeTypeOf('string');
    }
  });
});

describe('a misspelt field', () => {
  const base = (field: string) =>
    `name: a\nduration: 1h\nservices:\n  - {name: s, location: europe-west3, load: 1/s, ${field}: 1}\n`;
  const names = Object.keys(scenario.shape.services.element.shape).filter((name) => name.length > 4);

  it.each(names)('%s is recognised with a letter dropped, doubled or swapped', (name) => {
    const middle = Math.floor(name.length / 2);
    const misspelt = [
      name.slice(0, middle) + name.slice(middle + 1),
      name.slice(0, middle) + name[middle] + name.slice(middle),
      name.slice(0, middle) + name[middle + 1] + name[middle] + name.slice(middle + 2),
    ].filter((each) => !names.includes(each));
    for (const each of misspelt) {
      const found = problemsOf(base(each)).find((problem) => problem.code === 'UNKNOWN_FIELD');
      expect(found?.remedy).toBe(`Did you mean "${name}"?`);
    }
  });
});
