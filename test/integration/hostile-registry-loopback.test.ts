import { describeHostileRegistry } from '../support/hostile-registry/suite.ts';

describeHostileRegistry('on loopback without TLS');
