import { createServer, type Server } from 'node:net';

/** Listens on a socket path or a named pipe; rejects with Node's own error. Only this user may connect to it. */
export function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ path: address, readableAll: false, writableAll: false }, () => {
      server.removeListener('error', reject);
      resolve(server);
    });
  });
}
