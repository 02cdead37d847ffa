import { CondockError, PROTOCOL_VERSION, type Registration } from '@condock/protocol';
import { isAlive } from './probe.ts';
import { readHighest, register } from './registrations.ts';

export interface ElectionOptions {
  runtime: string;
  /** What is registered if we win; its socket listens already. */
  registration: Registration;
  /** Asks a daemon of an older protocol to give way; resolves when it no longer listens. */
  askToDrain: (older: Registration) => Promise<void>;
}

export type ElectionResult =
  | { kind: 'elected'; generation: number }
  /** Another daemon lives and is fit to serve. */
  | { kind: 'attached'; registration: Registration };

const MAX_ROUNDS = 100;

/**
 * Decides whether this process is the user's one daemon: if the highest registration's daemon does not live, the next
 * number is taken by `link(2)`, which one of any number of starters wins; the others look again.
 */
export async function elect(options: ElectionOptions): Promise<ElectionResult> {
  const { runtime, registration, askToDrain } = options;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const highest = await readHighest(runtime);
    if (highest.registration !== undefined && (await isAlive(highest.registration.address))) {
      if (serves(highest.registration)) return { kind: 'attached', registration: highest.registration };
      await askToDrain(highest.registration);
      continue;
    }
    const generation = highest.generation + 1;
    if (await register(runtime, generation, registration)) return { kind: 'elected', generation };
  }
  throw new CondockError('daemon-unavailable', `${runtime}: no daemon could be agreed upon.`, {
    hint: 'Many starts at once failed one after the other; try again.',
  });
}

/** Same major attaches; a minor only adds, so a daemon of a lower one gives way to us. Throws for a newer major. */
function serves({ protocol, version, pid }: Registration): boolean {
  const ours = PROTOCOL_VERSION;
  if (protocol.major > ours.major) {
    throw new CondockError('protocol-mismatch', `A newer Condock daemon (${version}, process ${pid}) is running.`, {
      hint: 'Update this Condock, or end the other one with its own "condock daemon stop".',
    });
  }
  return protocol.major === ours.major && protocol.minor >= ours.minor;
}
