import { expect, test } from 'vitest';
import {
  annotationAt,
  KNATIVE_ANNOTATIONS,
  KNATIVE_FIELDS,
  placeOfAnnotation,
} from '../../src/rules/knative-annotations.ts';

test('the three annotations of the page set the key, the revocation action and the shutdown duration', () => {
  const scenario = (name: string) => annotationAt(`run.googleapis.com/${name}`, 'revision')?.scenario;
  expect(scenario('encryption-key')).toBe('encryptionKey');
  expect(scenario('post-key-revocation-action-type')).toBe('encryptionKeyRevocationAction');
  expect(scenario('encryption-key-shutdown-hours')).toBe('encryptionKeyShutdownDuration');
});

test('minimum and maximum are one annotation on the service and another on the revision', () => {
  expect(annotationAt('run.googleapis.com/minScale', 'service')?.scenario).toBe('scaling.minInstanceCount');
  expect(annotationAt('autoscaling.knative.dev/minScale', 'revision')?.scenario).toBe(
    'template.scaling.minInstanceCount',
  );
  expect(annotationAt('autoscaling.knative.dev/minScale', 'service')).toBeUndefined();
  expect(placeOfAnnotation('autoscaling.knative.dev/minScale')).toBe('revision');
});

test('a name is listed once per place, and has a scenario field exactly where it is simulated', () => {
  const rows = [...KNATIVE_ANNOTATIONS, ...KNATIVE_FIELDS];
  expect(new Set(rows.map((row) => `${row.where} ${row.name}`)).size).toBe(rows.length);
  for (const row of rows) expect(row.scenario !== null).toBe(row.simulated === 'yes');
});

test('session affinity is known and not simulated, an unknown annotation is not known', () => {
  expect(annotationAt('run.googleapis.com/execution-environment', 'revision')?.simulated).not.toBe('yes');
  expect(annotationAt('run.googleapis.com/nonsense', 'revision')).toBeUndefined();
  expect(placeOfAnnotation('nonsense')).toBeUndefined();
});
