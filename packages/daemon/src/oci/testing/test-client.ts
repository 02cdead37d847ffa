import type { Credential, CredentialSource } from '../auth/credential-source.ts';
import { createRegistryClient, type FullRegistryClient, type RegistryClientOptions } from '../client.ts';
import type { TransportEvent } from '../transport/events.ts';
import { createInstantClock, type InstantClock } from './instant-clock.ts';

export interface TestClient extends AsyncDisposable {
  client: FullRegistryClient;
  clock: InstantClock;
  events: TransportEvent[];
}

/** A client on an instant clock that writes down its events. A credential given here is found for every host. */
export function createTestClient(
  options: Partial<RegistryClientOptions> & { credential?: Credential | undefined } = {},
): TestClient {
  const { credential, ...rest } = options;
  const clock = createInstantClock();
  const events: TransportEvent[] = [];
  const credentials: CredentialSource = { find: () => Promise.resolve(credential) };
  const client = createRegistryClient({ credentials, clock, log: (event) => events.push(event), ...rest });
  return { client, clock, events, [Symbol.asyncDispose]: () => client.close() };
}

/** Everything of a stream of chunks. */
export async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
