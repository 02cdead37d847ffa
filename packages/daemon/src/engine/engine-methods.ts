import type { ParamsOf, ResultOf } from '@condock/protocol';
import type { CallContext, EngineMethodName } from './engine-host.ts';

/** One function per method of the protocol that is the engine's. Each feature's folder gives its part. */
export type EngineMethods = {
  [M in EngineMethodName]: (params: ParamsOf<M>, context: CallContext) => Promise<ResultOf<M>>;
};
