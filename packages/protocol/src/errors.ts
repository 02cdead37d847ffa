import { redact } from './redact.ts';

/**
 * Every way in which Condock can fail, as a closed set. A client may switch over it without a default.
 * The number is the JSON-RPC error code of the same failure (JSON-RPC 2.0 §5.1 leaves -32099…-32000 to servers;
 * codes outside the reserved range are free for applications).
 */
export const ERROR_CODES = {
  usage: -32602,
  'unknown-method': -32601,
  internal: -32603,
  cancelled: -32800,
  'not-initialized': 1001,
  'protocol-mismatch': 1002,
  'daemon-unavailable': 1003,
  draining: 1004,
  'not-found': 1010,
  'illegal-name': 1020,
  'illegal-reference': 1021,
  'invalid-package': 1022,
  'invalid-environment': 1023,
  'unsupported-format': 1024,
  'unsupported-source': 1025,
  'too-large': 1026,
  'unmapped-channel': 1030,
  absent: 1031,
  'other-format': 1032,
  'digest-mismatch': 1033,
  'unknown-digest': 1034,
  'login-required': 1040,
  denied: 1041,
  insecure: 1042,
  'keychain-unavailable': 1043,
  'helper-failed': 1044,
  unreachable: 1050,
  timeout: 1051,
  'rate-limited': 1052,
  'registry-error': 1053,
  'unsupported-by-registry': 1054,
  'already-exists': 1060,
  conflict: 1061,
  'store-failed': 1070,
  'config-invalid': 1080,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Facts for programs and bug reports. Never a secret; strings are redacted when the error is made. */
export type ErrorData = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What goes over the wire and into `--json` documents. */
export interface ErrorDocument {
  code: ErrorCode;
  message: string;
  hint?: string | undefined;
  data?: Record<string, string | number | boolean | null> | undefined;
}

export interface CondockErrorOptions {
  /** One sentence that says what to do. */
  hint?: string | undefined;
  /** For registry failures: `host`, `status`, `credentialSource`; else whatever names the thing at fault. */
  data?: ErrorData | undefined;
  /** Kept for logs, never sent to a client. */
  cause?: unknown;
}

/** The one error class. `message` is a sentence for people that names what and where. */
export class CondockError extends Error {
  override readonly name = 'CondockError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly data: ErrorData | undefined;

  constructor(code: ErrorCode, message: string, options: CondockErrorOptions = {}) {
    super(redact(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint === undefined ? undefined : redact(options.hint);
    this.data = options.data === undefined ? undefined : redactData(options.data);
  }

  toJSON(): ErrorDocument {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.data === undefined ? {} : { data: known(this.data) }),
    };
  }

  /** The inverse of `toJSON`, for what arrives over a wire. An unknown code becomes `internal`. */
  static fromDocument(document: ErrorDocument): CondockError {
    const code = document.code in ERROR_CODES ? document.code : 'internal';
    return new CondockError(code, document.message, { hint: document.hint, data: document.data });
  }
}

/** JSON has no undefined. */
function known(data: ErrorData): Record<string, string | number | boolean | null> {
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function redactData(data: ErrorData): ErrorData {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, typeof value === 'string' ? redact(value) : value]),
  );
}

/** True for our own cancellation and for what AbortSignal makes platform calls reject with. */
export function isCancellation(error: unknown): boolean {
  if (error instanceof CondockError) return error.code === 'cancelled';
  return (
    error instanceof Error && (error.name === 'AbortError' || (error as NodeJS.ErrnoException).code === 'ABORT_ERR')
  );
}

/** The one place that turns any thrown value into a `CondockError`; what was not foreseen becomes `internal`. */
export function toCondockError(error: unknown): CondockError {
  if (error instanceof CondockError) return error;
  if (isCancellation(error)) return new CondockError('cancelled', 'The request was cancelled.', { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new CondockError('internal', `Something unforeseen went wrong: ${message}`, {
    hint: 'Run "condock daemon log" and report what it says.',
    cause: error,
  });
}
