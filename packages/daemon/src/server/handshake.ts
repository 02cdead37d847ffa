import {
  CondockError,
  PROTOCOL_VERSION,
  proof,
  proofText,
  randomHex,
  sameProof,
  type ParamsOf,
  type ResultOf,
} from '@condock/protocol';

export interface Peer {
  name: string;
  version: string;
  protocol: { major: number; minor: number };
}

/** Where a connection stands: a peer is `known` when it has proved that it can read the registration file. */
export interface ServerHandshake {
  readonly peer: Peer | undefined;
  readonly isComplete: boolean;
  initialize(params: unknown): ResultOf<'initialize'>;
  /** Throws `denied` for a wrong proof; the connection must then be ended. */
  authenticate(params: unknown): ResultOf<'authenticate'>;
}

const HEX = /^[0-9a-f]{64}$/;

/**
 * The daemon's side of the handshake. It checks its parameters by hand, because the first answer of a new daemon must
 * not wait for the schema library; a test holds it to the schemas.
 */
export function createHandshake(token: string, daemon: { version: string; pid: number }): ServerHandshake {
  let peer: Peer | undefined;
  let nonces: { client: string; daemon: string } | undefined;
  let isComplete = false;
  return {
    get peer() {
      return peer;
    },
    get isComplete() {
      return isComplete;
    },
    initialize: (raw) => {
      const params = readInitialize(raw);
      if (peer !== undefined) throw new CondockError('usage', 'initialize: this connection is initialized already.');
      peer = { ...params.client, protocol: params.protocol };
      nonces = { client: params.nonce, daemon: randomHex() };
      return {
        protocol: { ...PROTOCOL_VERSION },
        daemon,
        nonce: nonces.daemon,
        proof: proof(token, proofText.daemon(nonces.client, nonces.daemon)),
      };
    },
    authenticate: (raw) => {
      const given = field(raw, 'proof');
      if (nonces === undefined) throw notInitialized();
      if (typeof given !== 'string' || !HEX.test(given)) throw usage('authenticate', 'proof');
      if (!sameProof(given, proof(token, proofText.client(nonces.daemon, nonces.client)))) {
        throw new CondockError('denied', "authenticate: the proof does not fit this daemon's token.", {
          hint: "Read the token from the highest-numbered registration file in the daemon's runtime directory.",
        });
      }
      isComplete = true;
      return {};
    },
  };
}

export function notInitialized(): CondockError {
  return new CondockError('not-initialized', 'The first messages are "initialize" and "authenticate".', {
    hint: 'docs/protocol.md describes the handshake.',
  });
}

function readInitialize(raw: unknown): ParamsOf<'initialize'> {
  const protocol = field(raw, 'protocol');
  const client = field(raw, 'client');
  const nonce = field(raw, 'nonce');
  const major = field(protocol, 'major');
  const minor = field(protocol, 'minor');
  const name = field(client, 'name');
  const version = field(client, 'version');
  if (!isInteger(major) || !isInteger(minor)) throw usage('initialize', 'protocol');
  if (!isShortText(name) || !isShortText(version)) throw usage('initialize', 'client');
  if (typeof nonce !== 'string' || !HEX.test(nonce)) throw usage('initialize', 'nonce');
  return { protocol: { major, minor }, client: { name, version }, nonce };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function isInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 200;
}

function usage(method: string, at: string): CondockError {
  return new CondockError('usage', `${method}: params.${at}: missing, or not as the schema says`, {
    hint: 'docs/protocol.md describes the parameters.',
    data: { method, at: `params.${at}` },
  });
}
