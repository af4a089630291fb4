/** Keys that cannot be reached now and then, and calls that are tried again. */
import { outages } from '../../src/experiment/oracles/outages.ts';
import { attempts } from '../../src/experiment/oracles/attempts.ts';
import { describeOracle } from './oracle.ts';

describeOracle(outages);
describeOracle(attempts);
