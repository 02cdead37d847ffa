import type { Client } from '@condock/client';
import { VERSION } from './version.ts';

export interface OpenOptions {
  noDaemon: boolean;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** The user's daemon, started where none runs; or with `noDaemon` the engine in this process, which ends with the client. */
export async function openClient({ noDaemon, env, signal }: OpenOptions): Promise<Client> {
  if (!noDaemon) {
    const { connect } = await import('@condock/client');
    return connect({ env, signal, client: { name: 'condock', version: VERSION } });
  }
  const [{ connectInProcess, defaultPlaces }, { composeEngine }] = await Promise.all([
    import('@condock/client'),
    import('@condock/daemon'),
  ]);
  const places = defaultPlaces(env);
  const kept = { lazyStore: true, channel: false };
  const engine = await composeEngine({ places, env, version: VERSION, log: () => undefined, ...kept });
  const client = connectInProcess(engine, { version: VERSION, home: places.cache });
  const close = async (): Promise<void> => {
    await client.close();
    await engine[Symbol.asyncDispose]();
  };
  // The engine lives as long as its one client.
  return Object.assign(Object.create(client) as Client, { close, [Symbol.asyncDispose]: close });
}
