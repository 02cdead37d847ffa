import { type Client, connect } from '@condock/client';
import { toCondockError } from '@condock/protocol';
import { VERSION } from './version.ts';

/** The running daemon's client; undefined where none runs. Starts none. */
export async function findDaemon(env: Readonly<Record<string, string | undefined>>): Promise<Client | undefined> {
  try {
    return await connect({ start: false, env, client: { name: 'condock', version: VERSION } });
  } catch (error) {
    if (toCondockError(error).code === 'daemon-unavailable') return undefined;
    throw error;
  }
}
