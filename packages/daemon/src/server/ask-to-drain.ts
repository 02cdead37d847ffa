import { clientHandshake, CondockError, createMessageStreams, LIMITS, type Registration } from '@condock/protocol';
import { createMessageConnection } from 'vscode-jsonrpc/node';
import { isAlive, openSocket } from './probe.ts';

/**
 * Asks a daemon of an older protocol to take no new clients and to end with its last job, and waits until it no longer
 * listens. Throws `protocol-mismatch` where it answers but does not give way: it is never killed.
 */
export async function askToDrain(older: Registration, client: { name: string; version: string }): Promise<void> {
  try {
    const socket = await openSocket(older.address, LIMITS.handshakeMs);
    const { reader, writer } = createMessageStreams(socket, {
      read: { headerBytes: LIMITS.headerBytes, bodyBytes: LIMITS.responseBytes },
      writeBytes: LIMITS.requestBytes,
    });
    const connection = createMessageConnection(reader, writer);
    const giveUp = setTimeout(() => socket.destroy(), LIMITS.handshakeMs);
    connection.onClose(() => {
      connection.dispose();
    });
    connection.listen();
    try {
      await clientHandshake({
        token: older.token,
        client,
        initialize: (params) => connection.sendRequest('initialize', params),
        authenticate: (params) => connection.sendRequest('authenticate', params),
      });
      await connection.sendRequest('daemon/stop', {});
    } finally {
      clearTimeout(giveUp);
      socket.destroy();
    }
  } catch (error) {
    // It may have ended in the meantime, which is all that we want.
    if (!(await isAlive(older.address))) return;
    throw refuses(older, error);
  }
  if (await isAlive(older.address)) throw refuses(older, undefined);
}

function refuses(older: Registration, cause: unknown): CondockError {
  return new CondockError(
    'protocol-mismatch',
    `An older Condock daemon (${older.version}, process ${older.pid}) answers and does not give way.`,
    { hint: 'Close the programs that use it, or end that process.', cause },
  );
}
