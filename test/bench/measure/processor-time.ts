import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessorTime } from './arithmetic.ts';

/** Of /proc; the same on every Linux that Node runs on (proc(5), sysconf _SC_CLK_TCK). */
const TICKS_PER_SECOND = 100;

/** Processes of the benchmark carry this variable, daemons that outlive their starters included. */
export const MARK = 'CONDOCK_BENCH';

/** Parent of every kernel thread. */
const KTHREADD = 2;

/**
 * What the processors have done until now: in all, for the kernel's own threads, and for this benchmark, which is this
 * process, its descendants, and what carries its mark. Undefined where there is no /proc: then no round is thrown away.
 */
export function processorTime(mark: string): ProcessorTime | undefined {
  const machine = read('/proc/stat');
  if (machine === undefined) return undefined;
  const processes = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (readProcess(name) ?? []) : []));
  const byPid = new Map(processes.map((p) => [p.pid, p]));
  const isOurs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = byPid.get(at)?.parent)
      if (at === process.pid) return true;
    return read(`/proc/${pid}/environ`)?.includes(`${MARK}=${mark}\0`) === true;
  };
  const own = new Map<number, number>();
  let kernel = 0;
  for (const { pid, parent, used, children } of processes) {
    if (pid === KTHREADD || parent === KTHREADD) kernel += used;
    else if (isOurs(pid)) {
      own.set(pid, used + children);
    }
  }
  return { busy: busySeconds(machine), kernel, own };
}

/** user, nice, system, irq, softirq, steal of the first line: everything but idle, iowait and what is counted twice. */
function busySeconds(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (stat.split('\n', 1)[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

function readProcess(pid: string): { pid: number; parent: number; used: number; children: number } | undefined {
  // The name of the program, in parentheses, may hold anything.
  const fields = read(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  if (fields === undefined) return undefined;
  const [, parent = 0, , , , , , , , , , utime = 0, stime = 0, cutime = 0, cstime = 0] = fields;
  return {
    pid: Number(pid),
    parent,
    used: (utime + stime) / TICKS_PER_SECOND,
    children: (cutime + cstime) / TICKS_PER_SECOND,
  };
}

/** Processor seconds of one process so far. */
export function processorSecondsOf(pid: number): number {
  return readProcess(String(pid))?.used ?? 0;
}

/** Processor seconds of the children of this process that have ended, and of theirs. */
export function endedChildrenSeconds(): number {
  return readProcess(String(process.pid))?.children ?? 0;
}

/** The most memory that a process has had so far, in MB (proc(5) VmHWM). */
export function peakMegabytesOf(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(kilobytes ?? NaN) / 1000;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
