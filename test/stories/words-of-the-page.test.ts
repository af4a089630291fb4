/**
 * The words that the Cloud Run page on customer-managed encryption keys prints, letter for letter, in what the
 * bundled scenarios write: the five messages of the service log, the five reasons of the audit log. They are typed
 * here from the page, not taken from the program's own tables.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { play } from '../../src/probes/play.ts';
import { loadScenario } from '../../src/scenario/load.ts';

const FOLDER = new URL('../../scenarios/', import.meta.url);
const KEY = 'projects/[^ "]+/locations/[^ "]+/keyRings/[^ "]+/cryptoKeys/[^ "]+';

const MESSAGES = [
  [
    '10-key-access-revoked',
    "User's service account does not have CMEK decrypter permission. Service account: %s",
    '[0-9]+@serverless-robot-prod\\.iam\\.gserviceaccount\\.com',
  ],
  ['13-quota-exceeded', "User's KMS operation quota has been exceeded. CMEK key: %s", KEY],
  ['07-key-disabled', "User's CMEK key has been disabled. CMEK key: %s", KEY],
  ['08-key-destroyed', "User's CMEK key has been destroyed. CMEK key: %s", KEY],
  ['09-key-scheduled-for-deletion', "User's CMEK key has been scheduled for deletion. CMEK Key: %s", KEY],
] as const;

const REASONS = [
  'Decrypting CMEK-encrypted layer during container clone start.',
  'Decrypting an existing encrypted data-encryption-key, under the same customer-managed-encryption-key, to be used to encrypt container contents.',
  'Encrypting a newly created data-encryption-key w/ the customer-managed-encryption-key.',
  'Performing a decrypt operation on dummy data to check the customer-managed-encryption-key status and access.',
  'Performing an encrypt operation on dummy data to check the customer-managed-encryption-key status and access.',
];

const logs = new Map<string, Readonly<Record<'service-log.jsonl' | 'audit-log.jsonl', readonly string[]>>>();
beforeAll(() => {
  for (const [name] of MESSAGES) {
    const file = `${name}.yaml`;
    const { plan, problems } = loadScenario(readFileSync(new URL(file, FOLDER)), file, {
      read: (path) => readFileSync(new URL(path, FOLDER)),
    });
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    logs.set(name, play(plan!, 1).logs);
  }
});

test.each(MESSAGES)('%s logs "%s"', (name, message, argument) => {
  const escaped = message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('%s', argument);
  const lines = logs
    .get(name)!
    ['service-log.jsonl'].map((line) => JSON.parse(line) as { textPayload?: string });
  expect(lines.some(({ textPayload }) => new RegExp(`^${escaped}$`).test(textPayload ?? ''))).toBe(true);
});

test('each audit reason is given as the context of a call by one of these scenarios', () => {
  const contexts = [...logs.values()].flatMap((each) =>
    each['audit-log.jsonl'].map(
      (line) =>
        (
          JSON.parse(line) as {
            protoPayload: { metadata: { entries: { caller_provided_context: string } } };
          }
        ).protoPayload.metadata.entries.caller_provided_context,
    ),
  );
  expect(REASONS.filter((reason) => !contexts.includes(reason))).toEqual([]);
});
