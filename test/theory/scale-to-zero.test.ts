/** Instances that go when they have idled and come back when they are needed. */
import { exceptionalFirst } from '../../src/experiment/oracles/exceptional-first.ts';
import { setupQueue } from '../../src/experiment/oracles/setup-queue.ts';
import { describeOracle } from './oracle.ts';

describeOracle(exceptionalFirst);
describeOracle(setupQueue);
