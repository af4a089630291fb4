/** Limits on waiting, a CPU that is shared, and arrivals that are not Poisson. */
import { patience } from '../../src/experiment/oracles/patience.ts';
import { sharedCpu } from '../../src/experiment/oracles/shared-cpu.ts';
import { anyArrivals } from '../../src/experiment/oracles/any-arrivals.ts';
import { describeOracle } from './oracle.ts';

describeOracle(patience);
describeOracle(sharedCpu);
describeOracle(anyArrivals);
