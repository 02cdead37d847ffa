import { CondockError } from '@condock/protocol';
import type { ResumableChannelServer } from './start-channel-server.ts';

/**
 * The loopback channel in a process that ends with its one command: it would be closed at once, and what it noted of its
 * address would take the daemon's channel from the clients that are set up for it.
 */
export function channelElsewhere(): ResumableChannelServer {
  const refuse = (): never => {
    throw new CondockError('usage', "The loopback channel is the daemon's, and this command was to do without it.", {
      hint: 'Leave out --no-daemon.',
    });
  };
  return {
    serve: async () => Promise.resolve(refuse()),
    stop: async () => Promise.resolve(refuse()),
    status: refuse,
    urlOf: async () => Promise.resolve(refuse()),
    resume: () => Promise.resolve(),
    busy: () => false,
    changed: () => undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
