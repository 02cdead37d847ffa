import type { z } from 'zod';

/** A JSON-RPC request as a value that carries its types; both sides import it. */
export interface Method<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly params: P;
  readonly result: R;
  /** True when `workDoneToken` in the params makes the daemon send `$/progress`. */
  readonly progress: boolean;
}

export function method<P extends z.ZodType, R extends z.ZodType>(
  summary: string,
  shape: { params: P; result: R; progress?: boolean },
): Method<P, R> {
  return { summary, params: shape.params, result: shape.result, progress: shape.progress ?? false };
}

/** A message from the daemon that expects no answer. */
export interface Notification<P extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly params: P;
}

export function notification<P extends z.ZodType>(summary: string, params: P): Notification<P> {
  return { summary, params };
}
