import type {
  MethodName,
  NotificationName,
  NotificationParams,
  ParamsOf,
  ProgressValue,
  ResultOf,
} from '@condock/protocol';

/** Methods about the connection and the process are the server's own; all others are the engine's. */
export type EngineMethodName = Exclude<MethodName, 'initialize' | 'authenticate' | `daemon/${string}`>;

export interface CallContext {
  signal: AbortSignal;
  /** Coalesced by the server; call as often as is natural. */
  progress: (value: ProgressValue) => void;
  /** Which connection asked: identities and watches belong to one. */
  connection: string;
}

/** A notification for one connection, or for all where `connection` is undefined. */
export type NotificationListener = <N extends NotificationName>(
  name: N,
  params: NotificationParams<N>,
  connection: string | undefined,
) => void;

/**
 * The engine as its callers see it: in-process (`--no-daemon`, tests) or in the worker thread of the daemon.
 * Parameters were checked against the schema by the caller. Rejects with `CondockError` only.
 */
export interface EngineHost extends AsyncDisposable {
  call<M extends EngineMethodName>(method: M, params: ParamsOf<M>, context: CallContext): Promise<ResultOf<M>>;
  onNotification(listener: NotificationListener): Disposable;
  /** Forgets identities and watches of a connection that has ended. */
  connectionClosed(connection: string): void;
}
