import { scopedIdentity } from '../../credentials/index.ts';
import type { EngineMethodName } from '../engine-host.ts';

/**
 * Makes the `identity` of a request one that no other connection can name: secrets, cached answers and tokens are all kept apart
 * by it. `session/offer` gives the name itself and is left as it is.
 */
export function withScopedIdentity<P extends object>(method: EngineMethodName, params: P, connection: string): P {
  if (method === 'session/offer' || !('identity' in params) || typeof params.identity !== 'string') return params;
  return { ...params, identity: scopedIdentity(connection, params.identity) };
}
