/**
 * A worker thread's whole program: carry-out.ts, by way of the loader that starts it quickly. Its name is filled in by
 * the build, as in cli.ts.
 */
import { load } from './boot.ts';
import type * as CarryOut from './carry-out.ts';

export default (load('carry-out.cjs') as typeof CarryOut).answer;
