import { expect, test } from 'vitest';
import {
  COLD_START_STEP_IDS,
  keyCallsPerStart,
  KEY_USES_OF_A_START,
} from '../../src/rules/cold-start-steps.ts';
import {
  DEPLOYMENT_RULES,
  deploymentRuleFor,
  failedDeployment,
  KEY_USE_OF_A_DEPLOYMENT,
} from '../../src/rules/deployment-rules.ts';
import { rowFor, UNAVAILABILITY_CAUSE_IDS } from '../../src/rules/key-unavailability.ts';
import { KEY_USES } from '../../src/rules/key-uses.ts';

test('a deployment with a disabled key fails with the message that names the key, and the page’s remedy', () => {
  expect(deploymentRuleFor('key-disabled').deployment).toBe('fails');
  expect(failedDeployment('key-disabled', 'projects/p/…/k')).toEqual({
    message: "User's CMEK key has been disabled. CMEK key: projects/p/…/k",
    remedy: 'Change the CMEK key of the service and redeploy the service.',
  });
  expect(failedDeployment('ekm-not-retryable', 'TLS_CERT: expired')).toEqual({
    message: 'TLS_CERT: expired',
    remedy: null,
  });
});

test('a deployment is held for exactly the causes a start is held for, and each cause has a rule', () => {
  expect(DEPLOYMENT_RULES.map((row) => row.cause).sort()).toEqual([...UNAVAILABILITY_CAUSE_IDS].sort());
  for (const cause of UNAVAILABILITY_CAUSE_IDS) {
    expect(deploymentRuleFor(cause).deployment === 'held').toBe(rowFor(cause).starts === 'held');
  }
});

test('a cold start uses the key for the layers first, then for the data key, before the container starts', () => {
  expect(COLD_START_STEP_IDS).toEqual([
    'scheduling',
    'image-import',
    'layer-decrypt',
    'data-key-decrypt',
    'container-start',
  ]);
  expect(KEY_USES_OF_A_START).toEqual(['layer-decrypt', 'data-key-decrypt']);
});

test('starts and deployments use the key for what the audit log says is written then', () => {
  const during = (when: string) => KEY_USES.filter((row) => row.during === when).map((row) => row.use);
  expect([...KEY_USES_OF_A_START].sort()).toEqual([...during('start')].sort());
  expect([KEY_USE_OF_A_DEPLOYMENT]).toEqual(during('deployment'));
});

test('a start without a key calls nobody', () => {
  const startup = { layerDecrypts: 3, dataKeyDecrypts: 1 };
  expect(keyCallsPerStart(false, startup)).toBe(0);
  expect(keyCallsPerStart(true, startup)).toBe(4);
});
