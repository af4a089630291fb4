/** What a Cloud KMS quota grants to calls that come at random. */
import { quotaWindows } from '../../src/experiment/oracles/quota-windows.ts';
import { tokenBucket } from '../../src/experiment/oracles/token-bucket.ts';
import { describeOracle } from './oracle.ts';

describeOracle(quotaWindows);
describeOracle(tokenBucket);
