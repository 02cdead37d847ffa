import type { NotificationName, NotificationParams } from '@condock/protocol';
import type { ClientStatus } from './client.ts';

/** A list of callbacks; one that throws does not keep the others from being told. */
export function createListeners<T>() {
  const listeners = new Set<{ call: (value: T) => void }>();
  return {
    add: (call: (value: T) => void): Disposable => {
      const entry = { call };
      listeners.add(entry);
      return { [Symbol.dispose]: () => void listeners.delete(entry) };
    },
    tell: (value: T): void => {
      for (const { call } of [...listeners]) {
        try {
          call(value);
        } catch (error) {
          // A listener's fault is its owner's: it surfaces as an uncaught error there, not in the connection.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}

type Told = { [N in NotificationName]: { name: N; params: NotificationParams<N> } }[NotificationName];

/** Listeners of notifications, by name. */
export function createNotificationListeners() {
  const all = createListeners<Told>();
  return {
    add: <N extends NotificationName>(name: N, listener: (params: NotificationParams<N>) => void): Disposable =>
      all.add((told) => {
        if (told.name === name) listener(told.params as NotificationParams<N>);
      }),
    tell: (name: NotificationName, params: unknown): void => {
      all.tell({ name, params } as Told);
    },
  };
}

/** A status that tells of its changes; `closed` is for good. */
export function createStatus(initial: ClientStatus) {
  const listeners = createListeners<ClientStatus>();
  let current = initial;
  return {
    get current(): ClientStatus {
      return current;
    },
    set: (next: ClientStatus): void => {
      if (current === 'closed' || current === next) return;
      current = next;
      listeners.tell(next);
    },
    on: listeners.add,
  };
}
