import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeFrame, FrameDecoder, proof, proofText, type Registration } from '@condock/protocol';

export interface RawAnswer {
  id?: number | string | null;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: number; message: string; data?: { code: string; hint?: string } };
}

/** A peer without manners: it says whatever a test wants said, byte by byte. */
export interface RawPeer {
  socket: Socket;
  /** Everything that has come, in order. */
  received: RawAnswer[];
  write(bytes: string | Buffer): void;
  send(message: object): void;
  /** The answer with this id, when it is there. */
  answer(id: number | string): Promise<RawAnswer>;
  /** Resolves when the connection is gone. */
  closed: Promise<void>;
  /** Both messages of the handshake. */
  greet(registration: Registration, major?: number): Promise<void>;
}

export async function connectRawPeer(address: string): Promise<RawPeer> {
  const socket = connect(address);
  await once(socket, 'connect');
  const received: RawAnswer[] = [];
  const decoder = new FrameDecoder({ headerBytes: 1024, bodyBytes: 64 * 1024 * 1024 });
  const waiting = new Set<() => void>();
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    for (const body of decoder.push(chunk)) received.push(JSON.parse(body) as RawAnswer);
    for (const look of [...waiting]) look();
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const peer: RawPeer = {
    socket,
    received,
    closed,
    write: (bytes) => void socket.write(bytes),
    send: (message) => void socket.write(encodeFrame(JSON.stringify({ jsonrpc: '2.0', ...message }))),
    answer: (id) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = received.find((m) => m.id === id && m.method === undefined);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void closed.then(() => {
          reject(new Error(`closed before the answer to ${String(id)}`));
        });
      }),
    greet: async ({ token }, major = 1) => {
      const nonce = '0'.repeat(64);
      const client = { name: 'raw', version: '0' };
      peer.send({ id: 'i', method: 'initialize', params: { protocol: { major, minor: 0 }, client, nonce } });
      const { result } = await peer.answer('i');
      const text = proofText.client((result as { nonce: string }).nonce, nonce);
      peer.send({ id: 'a', method: 'authenticate', params: { proof: proof(token, text) } });
      await peer.answer('a');
    },
  };
  return peer;
}
