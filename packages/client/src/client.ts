import type {
  MethodName,
  NotificationName,
  NotificationParams,
  ParamsOf,
  ProgressValue,
  ResultOf,
} from '@condock/protocol';

export interface RequestOptions {
  /** Aborting rejects the call with `cancelled` at once and tells the daemon. */
  signal?: AbortSignal | undefined;
  /** Asks for progress, where the method has it. The last value, of kind `end`, comes before the answer. */
  onProgress?: ((value: ProgressValue) => void) | undefined;
}

/**
 * `connected`; `draining`: the daemon takes no new work and will end; `disconnected`: no daemon now, a reconnecting
 * client finds one with its next call; `closed`: for good.
 */
export type ClientStatus = 'connected' | 'draining' | 'disconnected' | 'closed';

/** Somebody who answers Condock's requests: a daemon over a socket, or an engine in this process. */
export interface Client extends AsyncDisposable {
  readonly status: ClientStatus;
  /** Rejects with `CondockError` only; with `daemon-unavailable` where the connection ends before the answer. */
  request<M extends MethodName>(method: M, params: ParamsOf<M>, options?: RequestOptions): Promise<ResultOf<M>>;
  onNotification<N extends NotificationName>(name: N, listener: (params: NotificationParams<N>) => void): Disposable;
  /** Told of every change of `status`. */
  onStatus(listener: (status: ClientStatus) => void): Disposable;
  /** Ends the connection; calls under way reject. The daemon goes on for others. */
  close(): Promise<void>;
}
