/** Bounds of the wire, in bytes unless said otherwise. Both sides hold them; neither trusts the other to. */
export const LIMITS = {
  /** The header part of one JSON-RPC message (vscode-jsonrpc itself has no bound). */
  headerBytes: 1024,
  /** The body of one message towards the daemon. */
  requestBytes: 4 * 1024 * 1024,
  /** The body of one message from the daemon. Listings are paged well below it. */
  responseBytes: 16 * 1024 * 1024,
  /** What one page of a listing aims at: a longer answer would stall other clients. */
  pageBytes: 1024 * 1024,
  /** The body of one message of a peer that has not authenticated yet. */
  unauthenticatedBytes: 64 * 1024,
  /** What may wait to be read by a peer; one that lets more pile up is cut off. */
  unsentBytes: 32 * 1024 * 1024,
  /** Milliseconds in which a message that was begun must have arrived whole. */
  messageMs: 30_000,
  /** `$/progress` reports per request and second; `begin` and `end` are always sent. */
  progressPerSecond: 20,
  /** Requests that one connection may have under way at once; further ones are refused with `too-large`. */
  requestsInFlight: 1024,
  /** Connections at once. */
  connections: 256,
  /** Milliseconds in which a new connection must have authenticated. */
  handshakeMs: 5000,
  /** Milliseconds without clients and jobs after which the daemon ends. */
  idleMs: 15 * 60 * 1000,
} as const;

/** Same major: attach. A minor only adds. */
export const PROTOCOL_VERSION = { major: 1, minor: 0 } as const;
