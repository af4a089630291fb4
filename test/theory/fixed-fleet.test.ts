/** A fixed number of slots, the queues of the textbooks. */
import { fixedFleet } from '../../src/experiment/oracles/fixed-fleet.ts';
import { lossSystem } from '../../src/experiment/oracles/loss-system.ts';
import { boundedQueue } from '../../src/experiment/oracles/bounded-queue.ts';
import { anyService } from '../../src/experiment/oracles/any-service.ts';
import { describeOracle } from './oracle.ts';

describeOracle(fixedFleet);
describeOracle(lossSystem);
describeOracle(boundedQueue);
describeOracle(anyService);
