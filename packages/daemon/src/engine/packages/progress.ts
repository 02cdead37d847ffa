import type { ProgressValue } from '@condock/protocol';

/** Begin, reports with what is done, end: of work that is counted in bytes and packages. */
export class Progress {
  readonly #send: (value: ProgressValue) => void;
  readonly #total: { bytes: number; packages: number };
  readonly #done = { bytes: 0, packages: 0 };

  constructor(send: (value: ProgressValue) => void, title: string, total: { bytes: number; packages: number }) {
    this.#send = send;
    this.#total = total;
    send({ kind: 'begin', title, total });
  }

  addBytes(bytes: number): void {
    this.#done.bytes += bytes;
    // Sizes that no input gave come to light on the way.
    if (this.#done.bytes > this.#total.bytes) this.#total.bytes = this.#done.bytes;
    this.#report();
  }

  addPackage(message?: string): void {
    this.#done.packages += 1;
    this.#report(message);
  }

  #report(message?: string): void {
    this.#send({
      kind: 'report',
      done: { ...this.#done },
      total: { ...this.#total },
      ...(message === undefined ? {} : { message }),
    });
  }

  end(message?: string): void {
    this.#send({ kind: 'end', ...(message === undefined ? {} : { message }) });
  }
}
