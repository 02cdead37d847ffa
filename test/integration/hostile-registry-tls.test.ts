import { describeHostileRegistry } from '../support/hostile-registry/suite.ts';

describeHostileRegistry('in the open with TLS');
