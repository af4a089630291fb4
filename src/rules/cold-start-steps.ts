/**
 * The steps of a cold start, in order, and which of them need the key.
 *
 * The audit log names two uses of the key at a start: decrypting a layer while the container is cloned, and
 * decrypting the data key. Only these two steps touch Cloud KMS, and only where the revision has a key; a start
 * that is past the second no longer depends on it, and a ready instance never does. The page gives neither the
 * order of the steps nor the number of calls: both are assumed.
 */
import type { AssumptionName } from './assumptions.ts';
import type { KeyUse } from './key-uses.ts';
import { assumed, CMEK_PAGE, section } from './sources.ts';

const AUDIT_LOGS = section(CMEK_PAGE, 'Audit logs');
const STAGE = assumed('the stages of a start are general knowledge, no page lists them');

// prettier-ignore
export const COLD_START_STEPS = [
  { step: 'scheduling', setting: 'startup.scheduling', keyUse: null, assumption: 'startScheduling', text: 'A place for the instance is found.', source: STAGE },
  { step: 'image-import', setting: 'startup.imageImport', keyUse: null, assumption: 'startImageImport', text: 'The image is brought to that place.', source: STAGE },
  { step: 'layer-decrypt', setting: 'startup.layerDecrypts', keyUse: 'layer-decrypt', assumption: 'layerDecrypts', text: 'The layers of the image, encrypted with the key, are decrypted.', source: AUDIT_LOGS },
  { step: 'data-key-decrypt', setting: 'startup.dataKeyDecrypts', keyUse: 'data-key-decrypt', assumption: 'dataKeyDecrypts', text: 'The data key of the container contents is unwrapped by the key.', source: AUDIT_LOGS },
  { step: 'container-start', setting: 'startup.containerStart', keyUse: null, assumption: 'startContainer', text: 'The container starts, until it listens and its startup probe succeeds.', source: STAGE },
] as const satisfies readonly {
  readonly step: string;
  /** The scenario field that says how long the step takes, or how many key calls it makes. */
  readonly setting: string;
  readonly keyUse: KeyUse | null;
  readonly assumption: AssumptionName;
  readonly text: string;
  readonly source: string;
}[];

export type ColdStartStep = (typeof COLD_START_STEPS)[number]['step'];

/** In the order in which a start passes them. */
export const COLD_START_STEP_IDS: readonly ColdStartStep[] = COLD_START_STEPS.map((row) => row.step);

/** The uses of the key at a start, in order. */
export const KEY_USES_OF_A_START: readonly KeyUse[] = COLD_START_STEPS.flatMap((row) =>
  row.keyUse === null ? [] : [row.keyUse],
);

/** Key calls that one start makes if all are granted; 0 without a key. */
export const keyCallsPerStart = (
  hasKey: boolean,
  startup: { readonly layerDecrypts: number; readonly dataKeyDecrypts: number },
): number => (hasKey ? startup.layerDecrypts + startup.dataKeyDecrypts : 0);

/** Key calls that Artifact Registry makes for one start: only where each start downloads its image. */
export const downloadsPerStart = (
  repository: { readonly download: 'deploy' | 'start'; readonly decryptsPerDownload: number } | null,
): number => (repository?.download === 'start' ? repository.decryptsPerDownload : 0);
