import { CondockError, ERROR_CODES, type ErrorCode, type ErrorData } from './errors.ts';

/** A `CondockError` as the `error` member of a JSON-RPC response (JSON-RPC 2.0 §5.1). */
export interface WireError {
  code: number;
  message: string;
  data: { code: ErrorCode; hint?: string; data?: ErrorData };
}

export function toWireError(error: CondockError): WireError {
  return {
    code: ERROR_CODES[error.code],
    message: error.message,
    data: {
      code: error.code,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.data === undefined ? {} : { data: error.data }),
    },
  };
}

const BY_NUMBER = new Map<number, ErrorCode>(
  (Object.entries(ERROR_CODES) as [ErrorCode, number][]).map(([code, number]) => [number, code]),
);

/** The inverse, for what a peer sent: tolerant of a missing `data`, and an unknown code becomes `internal`. */
export function fromWireError(error: { code: number; message: string; data?: unknown }): CondockError {
  const data: { code?: unknown; hint?: unknown; data?: unknown } =
    typeof error.data === 'object' && error.data !== null ? error.data : {};
  const code = typeof data.code === 'string' && Object.hasOwn(ERROR_CODES, data.code) ? data.code : undefined;
  return new CondockError((code as ErrorCode | undefined) ?? BY_NUMBER.get(error.code) ?? 'internal', error.message, {
    hint: typeof data.hint === 'string' ? data.hint : undefined,
    data: typeof data.data === 'object' && data.data !== null ? (data.data as ErrorData) : undefined,
  });
}
