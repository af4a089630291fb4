/** Which programs there are, in the order in which they are run and told about. */
import { fileURLToPath } from 'node:url';

const folder = new URL('./programs/', import.meta.url);

/** The build that is measured unless another one is named. */
export const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

export const PROGRAMS = [
  'w1-engine',
  'w1-model',
  'w2-model',
  'w2-ps',
  'per-request',
  'kms-storm',
  'help',
  'small-run',
  'threads',
];

/** The program of a name. The reference kernel is one too; `in-flight` is for memory, not for rounds. */
export async function load(name) {
  if (name === 'reference-kernel') return (await import('./reference-kernel.mjs')).default;
  if (name !== 'in-flight' && !PROGRAMS.includes(name)) {
    throw new Error(`there is no program '${name}': reference-kernel, ${PROGRAMS.join(', ')}`);
  }
  return (await import(new URL(`${name}.mjs`, folder).href)).default;
}
