import { AsyncLocalStorage } from 'node:async_hooks';
import type * as NodeFs from 'node:fs';

type Fs = typeof NodeFs;
type Call = (...args: never[]) => unknown;

/** When a life ends: at its so-manieth change of a file or folder, before that comes to pass; torn: in the middle of a write. */
export interface Death {
  before: number;
  /** Only writes are counted. */
  torn?: boolean;
}

export interface Ended {
  /** False where the work came to its own end first. */
  died: boolean;
  /** What was not done any more, or not wholly. */
  at: string;
}

interface Life {
  death: Death;
  changes: number;
  at: string | undefined;
  onDeath: () => void;
  /** Of files: a process that ends closes them. */
  open: Set<number>;
}

const lives = new AsyncLocalStorage<Life>();

/**
 * Runs work as a process that is killed would: from the moment of its death on nothing that it, or a timer that it set, does
 * to any file has an effect. Only for code that was imported over the modules below:
 * `vi.mock('node:fs', async (original) => (await import('….ts')).mortalFs(await original()))`.
 */
export async function liveUntil(death: Death, work: () => Promise<void>): Promise<Ended> {
  let onDeath: () => void = () => undefined;
  const dead = new Promise<void>((resolve) => (onDeath = resolve));
  const life: Life = { death, changes: 0, at: undefined, onDeath, open: new Set() };
  const working = lives.run(life, async () => work());
  working.catch(() => undefined);
  await Promise.race([working, dead]).catch((error: unknown) => {
    if (life.at === undefined) throw error;
  });
  const ended = { died: life.at !== undefined, at: life.at ?? '' };
  // Timers that the work set do nothing any more in any case.
  life.at ??= 'the end';
  for (const fd of life.open) close?.(fd);
  life.open.clear();
  return ended;
}

let close: Fs['closeSync'] | undefined;

class Dead extends Error {}

/** Counts a change; throws where it does not come to pass. `half` does what a write that is cut short does. */
function change(what: string, half?: () => void): void {
  const life = lives.getStore();
  if (life === undefined) return;
  if (life.at !== undefined) throw new Dead(what);
  if (life.death.torn !== true || half !== undefined) life.changes += 1;
  if (life.changes < life.death.before) return;
  if (life.death.torn === true) half?.();
  life.at = what;
  life.onDeath();
  throw new Dead(what);
}

/** Throws where this life has ended: for what the work notes down of itself, which nobody hears of any more. */
export function assertAlive(): void {
  refuseDead('alive');
}

function refuseDead(what: string): void {
  if (lives.getStore()?.at !== undefined) throw new Dead(what);
}

const READING = /^(read|stat|lstat|fstat|exists|realpath|access|close|create(Read)Stream|constants|Stats|Dirent)/;

/** `node:fs` as a process sees it that can be killed at each change; like the real one outside of `liveUntil`. */
export function mortalFs(actual: Fs): Record<string, unknown> {
  close = actual.closeSync;
  const sync = changes(actual);
  const later =
    (call: Call) =>
    (...args: unknown[]): void => {
      const done = args.pop() as (error: unknown, value?: unknown) => void;
      const [error, value] = attempt(() => call(...(args as never[])));
      setImmediate(() => done(error, value));
    };
  const own: Record<string, unknown> = {
    ...sync,
    open: later(sync.openSync),
    write: later(sync.writeSync),
    ftruncate: later(sync.ftruncateSync),
    fsync: later(sync.fsyncSync),
    fdatasync: later(sync.fdatasyncSync),
  };
  // `promisify` gives both of what these tell.
  const custom = Symbol.for('nodejs.util.promisify.custom');
  Object.assign(own.write as object, {
    [custom]: (...args: [number, Uint8Array, number, number, number]) =>
      promised(() => ({ bytesWritten: sync.writeSync(...args) })),
  });
  return mixed(actual, own);
}

/** `node:fs/promises` likewise. */
export function mortalPromises(actual: Fs): Record<string, unknown> {
  const sync = changes(actual);
  const handle = (fd: number): object => ({
    fd,
    write: (...args: unknown[]) =>
      promised(() => ({ bytesWritten: sync.writeSync(fd, ...(args as [Uint8Array, number, number, number])) })),
    writeFile: (data: string | Uint8Array) => promised(() => sync.writeFileSync(fd, data)),
    truncate: (size: number) => promised(() => sync.ftruncateSync(fd, size)),
    sync: () => promised(() => sync.fsyncSync()),
    close: () => promised(() => sync.closeSync(fd)),
  });
  const own: Record<string, unknown> = {
    open: (...args: [string, string?, number?]) => promised(() => handle(sync.openSync(...args))),
  };
  for (const name of ['link', 'unlink', 'rename', 'mkdir', 'rm', 'writeFile', 'chmod'] as const) {
    const call = sync[`${name}Sync`] as Call;
    own[name] = (...args: never[]) => promised(() => call(...args));
  }
  return mixed(actual.promises, own);
}

/** What is neither reading nor known above must not go unnoticed. */
function mixed(actual: Record<string, unknown>, own: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(actual)) {
    if (name in own) result[name] = own[name];
    else if (typeof value !== 'function' || READING.test(name) || /^[A-Z]/.test(name)) result[name] = value;
    else {
      result[name] = (...args: never[]): unknown => {
        if (lives.getStore() !== undefined) throw new Error(`A test does not know how to be killed in ${name}.`);
        return (value as Call)(...args);
      };
    }
  }
  return { ...result, default: result };
}

async function promised<T>(work: () => T): Promise<T> {
  await new Promise(setImmediate);
  return work();
}

function attempt(work: () => unknown): [unknown, unknown?] {
  try {
    return [null, work()];
  } catch (error) {
    return [error];
  }
}

/** The calls that change something, taken apart into those of the kernel. */
function changes(fs: Fs) {
  const openSync = (path: string, flags: string | number = 'r', mode?: number): number => {
    const { O_CREAT, O_TRUNC } = fs.constants;
    const makes = typeof flags === 'string' ? /[wa]/.test(flags) : (flags & (O_CREAT | O_TRUNC)) !== 0;
    if (makes) change(`open ${path}`);
    else refuseDead(`open ${path}`);
    const fd = fs.openSync(path, flags, mode);
    lives.getStore()?.open.add(fd);
    return fd;
  };
  const closeSync = (fd: number): void => {
    // After its end they are closed already, and the number may be another's.
    if (lives.getStore()?.open.delete(fd) !== false) fs.closeSync(fd);
  };
  const writeSync = (
    fd: number,
    data: Uint8Array,
    at = 0,
    length = data.length - at,
    place?: number | null,
  ): number => {
    change(`write ${String(length)} bytes`, () => fs.writeSync(fd, data, at, length >> 1, place));
    return fs.writeSync(fd, data, at, length, place);
  };
  const writeFileSync = (
    file: string | number,
    data: string | Uint8Array,
    options: { flag?: string; mode?: number } = {},
  ): void => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    const fd = typeof file === 'number' ? file : openSync(file, options.flag ?? 'w', options.mode);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    } finally {
      if (typeof file !== 'number') closeSync(fd);
    }
  };
  const mkdirSync = (path: string, options: { recursive?: boolean; mode?: number } = {}): void => {
    if (options.recursive === true) {
      refuseDead(`mkdir ${path}`);
      if (fs.existsSync(path)) return;
      mkdirSync(path.replace(/[\\/][^\\/]*$/, ''), options);
    }
    change(`mkdir ${path}`);
    fs.mkdirSync(path, { ...options, recursive: false });
  };
  const rmSync = (path: string, options: { recursive?: boolean; force?: boolean } = {}): void => {
    refuseDead(`rm ${path}`);
    const stats = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined && options.force === true) return;
    if (stats?.isDirectory() === true && options.recursive === true) {
      for (const name of fs.readdirSync(path)) rmSync(`${path}/${name}`, options);
      change(`rmdir ${path}`);
      fs.rmdirSync(path);
      return;
    }
    change(`unlink ${path}`);
    fs.unlinkSync(path);
  };
  const copyFileSync = (from: string, to: string): void => writeFileSync(to, fs.readFileSync(from));
  const counted = <A extends unknown[], R>(name: string, call: (...args: A) => R) => {
    return (...args: A): R => {
      change(`${name} ${args.join(' ')}`);
      return call(...args);
    };
  };
  return {
    openSync,
    closeSync,
    close: (fd: number, done: (error: unknown) => void) => {
      const [error] = attempt(() => closeSync(fd));
      setImmediate(() => done(error));
    },
    writeSync,
    writeFileSync,
    mkdirSync,
    rmSync,
    copyFileSync,
    renameSync: counted('rename', fs.renameSync as (a: string, b: string) => void),
    linkSync: counted('link', fs.linkSync as (a: string, b: string) => void),
    unlinkSync: counted('unlink', fs.unlinkSync as (a: string) => void),
    rmdirSync: counted('rmdir', fs.rmdirSync as (a: string) => void),
    ftruncateSync: counted('truncate', fs.ftruncateSync as (fd: number, size: number) => void),
    chmodSync: counted('chmod', fs.chmodSync as (a: string, mode: number) => void),
    fchmodSync: counted('chmod', fs.fchmodSync),
    utimesSync: counted('utimes', fs.utimesSync as (a: string, x: number, y: number) => void),
    // What is killed leaves its pages to the kernel: waiting for the disk would only make tests slow.
    fsyncSync: (): void => refuseDead('fsync'),
    fdatasyncSync: (): void => refuseDead('fdatasync'),
  };
}
