/** Something that ends when it is disposed of. */
export interface Ends {
  dispose: () => void;
}

/** A list of listeners. Telling goes to those that listened when it began. */
export interface Listeners<T> {
  add: (listener: (value: T) => void) => Ends;
  tell: (value: T) => void;
}

export function createListeners<T>(): Listeners<T> {
  const all = new Set<(value: T) => void>();
  return {
    add: (listener) => {
      all.add(listener);
      return { dispose: () => void all.delete(listener) };
    },
    tell: (value) => {
      for (const listener of [...all]) listener(value);
    },
  };
}
