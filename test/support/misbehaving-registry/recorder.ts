import type { Socket } from 'node:net';
import type { SeenRequest } from './types.ts';

/** Everything that reached a server: requests as they were understood, and the bytes as they came. */
export interface Recorder {
  readonly requests: readonly SeenRequest[];
  add(request: Omit<SeenRequest, 'index'>): SeenRequest;
  /** Keeps what a connection receives from now on (after TLS). */
  listenTo: (socket: Socket) => void;
  /** All bytes of all connections. */
  bytesSeen: () => Buffer;
  /** In which forms a secret arrived, if at all: as it is, percent-encoded, in base64, or as Basic credentials. */
  leaksOf: (secret: string, username?: string) => string[];
}

export function createRecorder(): Recorder {
  const requests: SeenRequest[] = [];
  const bytes: Buffer[][] = [];
  const bytesSeen = (): Buffer => Buffer.concat(bytes.flat());
  return {
    requests,
    bytesSeen,
    add: (request) => {
      const seen = Object.assign(request, { index: requests.length });
      requests.push(seen);
      return seen;
    },
    listenTo: (socket) => {
      const own: Buffer[] = [];
      bytes.push(own);
      socket.on('data', (chunk: Buffer) => own.push(Buffer.from(chunk)));
    },
    leaksOf: (secret, username) => {
      const seen = bytesSeen();
      return formsOf(secret, username)
        .filter(([, text]) => seen.includes(text))
        .map(([form]) => form);
    },
  };
}

function formsOf(secret: string, username: string | undefined): [string, string][] {
  const forms: [string, string][] = [
    ['plain', secret],
    ['percent-encoded', encodeURIComponent(secret)],
    // What stands before the secret moves its base64 by 0, 1 or 2 bytes.
    ...[0, 1, 2].map((shift): [string, string] => ['base64', base64Core(secret, shift)]),
    ...[0, 1, 2].map((shift): [string, string] => ['base64url', toUrlSafe(base64Core(secret, shift))]),
  ];
  if (username !== undefined) forms.push(['basic', Buffer.from(`${username}:${secret}`).toString('base64')]);
  return forms.filter(([, text], at) => text !== '' && forms.findIndex(([, other]) => other === text) === at);
}

/** The characters of a secret's base64 that no neighbour changes, where it begins `shift` bytes into a group of three. */
function base64Core(secret: string, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]).toString('base64');
  return text.replace(/.=+$/, '').slice([0, 2, 3][shift]);
}

function toUrlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}
