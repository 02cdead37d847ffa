import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from '../store-failure.ts';

/** What tells one run of one process from every other, as far as the platform says. */
export interface ProcessIdentity {
  host: string;
  pid: number;
  /** Start time as the kernel counts it: a pid alone is used again. Linux only. */
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
    const start = startTime(process.pid);
    const boot = textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    const namespace = textOf(() => readlinkSync('/proc/self/ns/pid'));
    return {
      host: hostname(),
      pid: process.pid,
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
    return startTime(identity.pid) === identity.start ? 'alive' : 'dead';
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

/** Field 22 of /proc/PID/stat; the second field is the program's name in brackets and may hold anything, brackets too. */
function startTime(pid: number): string | undefined {
  return textOf(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
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
