import type { CallContext } from './engine-host.ts';

/** How a call's requests to registries are made: until it is cancelled, and with the secret that its client named, if any. */
export function requestOptions(
  identity: string | undefined,
  { signal }: CallContext,
): { signal: AbortSignal; identity?: string } {
  return { signal, ...(identity === undefined ? {} : { identity }) };
}
