/** The oracles, in the order of their numbers. */
import { anyArrivals } from './any-arrivals.ts';
import { anyService } from './any-service.ts';
import { attempts } from './attempts.ts';
import { boundedQueue } from './bounded-queue.ts';
import { crowd } from './crowd.ts';
import { exceptionalFirst } from './exceptional-first.ts';
import { fixedFleet } from './fixed-fleet.ts';
import { flowBalance } from './flow-balance.ts';
import { handTraces } from './hand-traces.ts';
import { keyLoss } from './key-loss.ts';
import { lossSystem } from './loss-system.ts';
import type { Oracle } from './oracle.ts';
import { outages } from './outages.ts';
import { patience } from './patience.ts';
import { quotaWindows } from './quota-windows.ts';
import { setupQueue } from './setup-queue.ts';
import { sharedCpu } from './shared-cpu.ts';
import { drawnWorlds, smallWorlds } from './small-worlds.ts';
import { tokenBucket } from './token-bucket.ts';
import { trafficWaves } from './waves.ts';

export const ORACLES: readonly Oracle[] = [
  handTraces,
  flowBalance,
  fixedFleet,
  lossSystem,
  boundedQueue,
  crowd,
  trafficWaves,
  anyService,
  exceptionalFirst,
  patience,
  sharedCpu,
  quotaWindows,
  tokenBucket,
  outages,
  attempts,
  smallWorlds,
  drawnWorlds,
  setupQueue,
  anyArrivals,
  keyLoss,
];
