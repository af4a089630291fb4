/**
 * What a deployment needs of the key, and what becomes of it when the key cannot be used.
 *
 * A deployment of a revision with a key wraps a new data key, so it calls Cloud KMS before anything serves. With
 * a key that is lost it fails, and the revision before it keeps serving; with a new key that is valid it
 * succeeds, and that is the page's remedy. A new revision has the settings of the last one, the key among them,
 * wherever the deployment does not change them.
 */
import { messageFor, remedyFor } from './cmek-messages.ts';
import type { UnavailabilityCause } from './key-unavailability.ts';
import type { KeyUse } from './key-uses.ts';
import { assumed, CMEK_PAGE, section } from './sources.ts';

const NOTE = `${CMEK_PAGE}, introduction`;

// prettier-ignore
export const DEPLOYMENT_RULES = [
  { cause: 'key-disabled', deployment: 'fails', text: 'Deploying a new revision with a disabled key fails, unless a new, valid key is used.', source: NOTE },
  { cause: 'key-destroyed', deployment: 'fails', text: 'Deploying a new revision with a destroyed key fails.', source: section(CMEK_PAGE, 'Error messages') },
  { cause: 'key-scheduled-for-deletion', deployment: 'fails', text: 'Deploying a new revision with a key that is scheduled for destruction fails.', source: section(CMEK_PAGE, 'Error messages') },
  { cause: 'key-access-revoked', deployment: 'fails', text: 'Deploying a new revision with a key that the service agent may not use fails.', source: section(CMEK_PAGE, 'Error messages') },
  { cause: 'ekm-unreachable', deployment: 'held', text: 'The deployment waits and tries its key call again, as a start does.', source: assumed('the page speaks of instances only; a deployment is taken to retry as a start does') },
  { cause: 'ekm-not-retryable', deployment: 'fails', text: 'The deployment fails, as a start does.', source: assumed('the page speaks of instances only; a deployment is taken to fail as a start does') },
  { cause: 'quota-exceeded', deployment: 'fails', text: 'The deployment fails, as a start does.', source: assumed('the page speaks of instances only; a deployment is taken to fail as a start does') },
] as const satisfies readonly {
  readonly cause: UnavailabilityCause;
  readonly deployment: 'fails' | 'held';
  readonly text: string;
  readonly source: string;
}[];

/** What holds of every deployment. */
// prettier-ignore
export const DEPLOYMENT_FACTS = [
  { fact: 'deployment-inherits', text: 'A new revision has the settings of the latest one, the key and the revocation action among them, except those that the deployment changes.', source: section(CMEK_PAGE, 'Configure CMEK for your Cloud Run service') },
  { fact: 'failed-deployment-keeps-serving', text: 'When a deployment fails, the revision that served before keeps serving.', source: assumed('traffic is only moved to a revision that is ready') },
  { fact: 'lost-key-remedy', text: 'Change the CMEK key of the service and redeploy the service.', source: section(CMEK_PAGE, 'Error messages') },
] as const satisfies readonly { readonly fact: string; readonly text: string; readonly source: string }[];

/** What a deployment of a revision with a key uses it for. */
export const KEY_USE_OF_A_DEPLOYMENT: KeyUse = 'data-key-encrypt';

export type DeploymentRule = (typeof DEPLOYMENT_RULES)[number];

/** What becomes of a deployment whose key call ends with this cause. */
export const deploymentRuleFor = (cause: UnavailabilityCause): DeploymentRule =>
  DEPLOYMENT_RULES.find((row) => row.cause === cause)!;

/**
 * The message of a failed deployment, `argument` as for {@link messageFor}, and the remedy (null where an external
 * key manager words the message).
 */
export const failedDeployment = (
  cause: UnavailabilityCause,
  argument: string,
): { readonly message: string; readonly remedy: string | null } => ({
  message: messageFor(cause, argument),
  remedy: remedyFor(cause),
});
