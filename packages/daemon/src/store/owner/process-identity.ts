import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from '../store-failure.ts';

/** What tells one run of one process, or of one thread of it, from every other, as far as the platform says. */
export interface ProcessIdentity {
  host: string;
  pid: number;
  /** The kernel's number of the thread: an engine's may fail while its process lives on. Linux only. */
  thread?: number;
  /** Start time of the thread as the kernel counts it: a number alone is used again. Linux only. */
  start?: string;
  /** Changes when the machine starts anew. Linux only. */
  boot?: string;
  /** Pids mean nothing outside their namespace (containers that share a store). Linux only. */
  namespace?: string;
}

export interface Processes {
  self(): ProcessIdentity;
  /** `unknown` where it can't be told from here: another host or another container. */
  stateOf(identity: ProcessIdentity): 'alive' | 'dead' | 'unknown';
}

export const systemProcesses: Processes = {
  self: () => {
    const thread = textOf(() => /\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1]);
    const start = startTime(process.pid, thread === undefined ? undefined : Number(thread));
    const boot = textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    const namespace = textOf(() => readlinkSync('/proc/self/ns/pid'));
    return {
      host: hostname(),
      pid: process.pid,
      ...(thread === undefined ? {} : { thread: Number(thread) }),
      ...(start === undefined ? {} : { start }),
      ...(boot === undefined ? {} : { boot }),
      ...(namespace === undefined ? {} : { namespace }),
    };
  },
  stateOf: (identity) => {
    const self = systemProcesses.self();
    if (identity.host !== self.host) return 'unknown';
    if (identity.boot !== self.boot) return 'dead';
    if (identity.namespace !== self.namespace) return 'unknown';
    if (!exists(identity.pid)) return 'dead';
    if (identity.start === undefined) return 'alive';
    return startTime(identity.pid, identity.thread) === identity.start ? 'alive' : 'dead';
  },
};

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/**
 * Field 22 of /proc/PID/stat, or of one of its threads; the second field is the program's name in brackets and may hold anything,
 * brackets too.
 */
function startTime(pid: number, thread: number | undefined): string | undefined {
  return textOf(() => {
    const stat = readFileSync(`/proc/${pid}/${thread === undefined ? '' : `task/${thread}/`}stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  });
}

function textOf(read: () => string | undefined): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return read();
  } catch {
    return undefined;
  }
}
