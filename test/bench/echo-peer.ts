// The least that a JSON-RPC server over a Unix socket can do: gives back what it was sent.
import { createServer } from 'node:net';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';

const [, , path] = process.argv;
createServer((socket) => {
  const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  rpc.onRequest('echo', (params: unknown) => params);
  rpc.listen();
}).listen(path, () => process.stdout.write('ready\n'));
