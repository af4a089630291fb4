/**
 * Names: of keys, services and revisions, of the service agent and its permissions.
 *
 * A name is taken apart with `split` and each part is matched by one character class with a length limit, so a
 * check takes time linear in a text of bounded length, whatever was pasted. A name that is refused comes with the
 * reason and with what to do, because a key name is usually pasted from somewhere that shows it differently: with
 * a version, with a host in front, or as the short id.
 */
import type { KeyMethod } from './key-uses.ts';
import { CMEK_PAGE, KMS_LOCATIONS, KMS_PERMISSIONS, KMS_RESOURCE_NAMES, section } from './sources.ts';

const CONFIGURE = section(CMEK_PAGE, 'Configure CMEK for your Cloud Run service');
const ACCESS = section(CMEK_PAGE, 'Allow Cloud Run to access a key');

/** What a fully qualified key name looks like. */
export const KEY_NAME_FORMAT = 'projects/PROJECT/locations/LOCATION/keyRings/KEY_RING/cryptoKeys/KEY';

// prettier-ignore
export const NAME_RULES = [
  { rule: 'key-name', text: `A key is named in full: ${KEY_NAME_FORMAT}.`, source: CONFIGURE },
  { rule: 'key-ring-and-key-id', text: 'A key ring id and a key id have 1 to 63 letters, digits, _ and -.', source: KMS_RESOURCE_NAMES },
  { rule: 'key-location', text: "A key's location is the location of the Cloud Run service.", source: CONFIGURE },
  { rule: 'key-region', text: 'A service runs in a region, so a global or multi-region key cannot be used.', source: `${CONFIGURE}; ${KMS_LOCATIONS}` },
  { rule: 'revision-prefix', text: 'A revision name starts with SERVICE-.', source: CONFIGURE },
  { rule: 'revision-characters', text: 'A revision name has only lowercase letters, digits and -.', source: CONFIGURE },
  { rule: 'revision-end', text: 'A revision name does not end with -.', source: CONFIGURE },
  { rule: 'revision-length', text: 'A revision name has at most 63 characters.', source: CONFIGURE },
  { rule: 'service-name', text: 'A service name has at most 49 lowercase letters, digits and -, begins with a letter and does not end with -.', source: 'Cloud Run, Deploying container images, "Deploying a new service"' },
  { rule: 'service-agent', text: 'The service agent PROJECT_NUMBER@serverless-robot-prod.iam.gserviceaccount.com of the project of the service uses the key, with the role roles/cloudkms.cryptoKeyEncrypterDecrypter.', source: ACCESS },
  { rule: 'key-permissions', text: 'An encrypt call needs cloudkms.cryptoKeyVersions.useToEncrypt, a decrypt call cloudkms.cryptoKeyVersions.useToDecrypt; the role has both.', source: KMS_PERMISSIONS },
] as const satisfies readonly { readonly rule: string; readonly text: string; readonly source: string }[];

/** The parts of a full key name. */
export interface KeyName {
  readonly project: string;
  readonly location: string;
  readonly keyRing: string;
  readonly key: string;
}

/** A name that was understood, or why it was not (no full stop) and what to do (a sentence). */
export type ParsedKeyName =
  | { readonly ok: true; readonly name: KeyName }
  | { readonly ok: false; readonly reason: string; readonly hint: string };

/** No key name is longer: 4 parts of at most 95 characters and the words between them. */
const LONGEST_KEY_NAME = 400;
const FIXED_WORDS = ['projects', 'locations', 'keyRings', 'cryptoKeys'] as const;
const WRITE_IN_FULL = `Write the full name: ${KEY_NAME_FORMAT}.`;

// A project id, after its domain if it has one (example.com:my-project), or a project number. Google asks for at
// least 6 characters; a shorter one does no harm here.
const PROJECT = /^(?:[a-z][a-z0-9.-]{0,62}:)?[a-z][a-z0-9-]{0,29}$|^[0-9]{1,20}$/;
const LOCATION = /^[a-z][a-z0-9-]{0,62}$/;
const KEY_ID = /^[a-zA-Z0-9_-]{1,63}$/;

const refuse = (reason: string, hint: string): ParsedKeyName => ({ ok: false, reason, hint });

/** Takes a full key name apart. */
export function parseKeyName(text: string): ParsedKeyName {
  if (text.length > LONGEST_KEY_NAME) {
    return refuse(`a key name has at most ${LONGEST_KEY_NAME} characters`, WRITE_IN_FULL);
  }
  const mistake = commonMistake(text);
  if (mistake !== null) return mistake;

  const parts = text.split('/');
  for (const [index, word] of FIXED_WORDS.entries()) {
    const found = parts[2 * index];
    if (found === word) continue;
    if (found !== undefined && found.toLowerCase() === word.toLowerCase()) {
      return refuse(`'${found}' is written '${word}'`, `Write '${word}' with exactly these capitals.`);
    }
    return refuse(`'${word}/…' is missing from the key name`, WRITE_IN_FULL);
  }
  const [, project = '', , location = '', , keyRing = '', , key = ''] = parts;
  if (parts.length > 8) return refuse("the key name goes on after the key's id", WRITE_IN_FULL);
  if (!PROJECT.test(project) || project.endsWith('-')) {
    return refuse(
      `'${project}' is not a project id`,
      'A project id has lowercase letters, digits and -, begins with a letter and does not end with -.',
    );
  }
  if (!LOCATION.test(location) || location.endsWith('-')) {
    return refuse(`'${location}' is not a location`, 'A location is a region such as europe-west3.');
  }
  if (!KEY_ID.test(keyRing)) {
    return refuse(`'${keyRing}' is not a key ring id`, 'A key ring id has 1 to 63 letters, digits, _ and -.');
  }
  if (!KEY_ID.test(key)) {
    return refuse(`'${key}' is not a key id`, 'A key id has 1 to 63 letters, digits, _ and -.');
  }
  return { ok: true, name: { project, location, keyRing, key } };
}

/** What a name looks like that was copied from the wrong place. */
function commonMistake(text: string): ParsedKeyName | null {
  if (text === '') return refuse('the key name is empty', WRITE_IN_FULL);
  if (text.trim() !== text) return refuse('the key name has spaces around it', 'Leave out the spaces.');
  if (text.includes('://') || text.startsWith('//')) {
    return refuse('the key name has a host in front', 'Leave out everything before projects/.');
  }
  if (text.startsWith('/')) return refuse('the key name begins with a slash', 'Leave out the first slash.');
  if (text.endsWith('/')) return refuse('the key name ends with a slash', 'Leave out the last slash.');
  if (text.includes('/cryptoKeyVersions')) {
    return refuse(
      'the name is that of a key version, not of a key',
      'Leave out /cryptoKeyVersions and what follows; Cloud Run takes the primary version.',
    );
  }
  if (!text.includes('/')) return refuse(`'${text}' is the short id of a key`, WRITE_IN_FULL);
  return null;
}

/** The full name of a key, the reverse of {@link parseKeyName}. */
export const keyNameOf = (name: KeyName): string =>
  `projects/${name.project}/locations/${name.location}/keyRings/${name.keyRing}/cryptoKeys/${name.key}`;

/** Whether a location is not a region: global, or several regions under one name (europe, eur4, nam-eur-asia1). */
export const isMultiRegion = (location: string): boolean =>
  !location.includes('-') || location === 'nam-eur-asia1';

/** Why a key in one location cannot protect a service in another (no full stop); null if it can. */
export function locationProblem(keyLocation: string, serviceLocation: string): string | null {
  if (isMultiRegion(keyLocation)) {
    const kind = keyLocation === 'global' ? 'global' : 'a multi-region';
    return `the key's location '${keyLocation}' is ${kind}, and a key has to be in the region of its service, '${serviceLocation}'`;
  }
  if (keyLocation !== serviceLocation) {
    return `the key's location '${keyLocation}' is not that of the service, '${serviceLocation}'`;
  }
  return null;
}

/** Each rule of the page that a revision name breaks, without full stops; empty for a good name. */
export function revisionNameProblems(name: string, service: string): string[] {
  const problems: string[] = [];
  if (!name.startsWith(`${service}-`)) problems.push(`a revision name starts with '${service}-'`);
  if (name.length > 63) problems.push('a revision name has at most 63 characters');
  if (!/^[a-z0-9-]*$/.test(name)) problems.push('a revision name has only lowercase letters, digits and -');
  if (name.endsWith('-')) problems.push('a revision name does not end with -');
  return problems;
}

/** Each rule that a service name breaks, without full stops; empty for a good name. */
export function serviceNameProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 49) problems.push('a service name has at most 49 characters');
  if (!/^[a-z0-9-]*$/.test(name)) problems.push('a service name has only lowercase letters, digits and -');
  if (!/^[a-z]/.test(name)) problems.push('a service name begins with a lowercase letter');
  if (name.endsWith('-')) problems.push('a service name does not end with -');
  return problems;
}

/** Who calls Cloud KMS for a service: the Cloud Run service agent of the service's project. */
export const serviceAgent = (projectNumber: string): string =>
  `${projectNumber}@serverless-robot-prod.iam.gserviceaccount.com`;

/**
 * Who calls Cloud KMS for a repository with a key: the Artifact Registry service agent of the repository's project
 * (Artifact Registry, "Artifact Registry service agent").
 */
export const artifactRegistryAgent = (projectNumber: string): string =>
  `service-${projectNumber}@gcp-sa-artifactregistry.iam.gserviceaccount.com`;

/** What the service agent is granted on the key. */
export const KEY_ROLE = 'roles/cloudkms.cryptoKeyEncrypterDecrypter';

/** The permission a call needs, as the audit log names it. */
export const permissionFor = (method: KeyMethod): string =>
  method === 'Encrypt'
    ? 'cloudkms.cryptoKeyVersions.useToEncrypt'
    : 'cloudkms.cryptoKeyVersions.useToDecrypt';
