/** Starts watching one path; the result ends it. */
export type Watch = (path: string, onChange: () => void) => Promise<{ close(): Promise<void> }>;

interface Watched {
  connections: Set<string>;
  watcher: Promise<{ close(): Promise<void> }>;
}

/** One watcher per path, however many connections ask; it ends with the last of them. */
export class EnvironmentWatches implements AsyncDisposable {
  readonly #watched = new Map<string, Watched>();
  readonly #watch: Watch;
  readonly #notify: (path: string, connection: string) => void;

  constructor(watch: Watch, notify: (path: string, connection: string) => void) {
    this.#watch = watch;
    this.#notify = notify;
  }

  async add(path: string, connection: string): Promise<void> {
    let watched = this.#watched.get(path);
    if (watched === undefined) {
      const connections = new Set<string>();
      const watcher = this.#watch(path, () => {
        for (const one of connections) this.#notify(path, one);
      });
      watched = { connections, watcher };
      this.#watched.set(path, watched);
    }
    watched.connections.add(connection);
    try {
      await watched.watcher;
    } catch (error) {
      this.#watched.delete(path);
      throw error;
    }
  }

  async remove(path: string, connection: string): Promise<void> {
    const watched = this.#watched.get(path);
    if (watched === undefined || !watched.connections.delete(connection) || watched.connections.size > 0) return;
    this.#watched.delete(path);
    await (await watched.watcher).close();
  }

  async connectionClosed(connection: string): Promise<void> {
    await Promise.all([...this.#watched.keys()].map((path) => this.remove(path, connection)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#watched.values()];
    this.#watched.clear();
    await Promise.allSettled(all.map(async ({ watcher }) => (await watcher).close()));
  }
}
