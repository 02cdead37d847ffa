import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CondockError, resolvePlaces } from '@condock/protocol';
import { type Command, flag, text } from '../command.ts';
import { endOfDaemon } from '../daemon-end.ts';
import { formatBytes } from '../terminal/amounts.ts';

export const daemonStart: Command = {
  name: 'daemon start',
  summary: 'start the daemon, or find it running',
  positionals: { min: 0, max: 0 },
  run: async ({ session }) => {
    const status = await session.request('daemon/status', {});
    if (session.json) session.document(status);
    else session.line(`The daemon runs (process ${status.pid}, version ${status.version}).`);
    return 0;
  },
};

export const daemonStatus: Command = {
  name: 'daemon status',
  summary: 'what the daemon is and does; starts none',
  positionals: { min: 0, max: 0 },
  run: async ({ session }) => {
    const { findDaemon } = await import('../find-daemon.ts');
    await using client = await findDaemon(session.env);
    if (client === undefined) {
      if (session.json) session.document({ running: false });
      else session.line('No daemon runs.');
      return 1;
    }
    const status = await client.request('daemon/status', {});
    if (session.json) session.document({ running: true, ...status });
    else {
      session.line(`process ${status.pid}, version ${status.version}, Node ${status.node}, since ${status.startedAt}`);
      session.line(`home ${status.home}`);
      if (status.log !== null) session.line(`log ${status.log}`);
      session.line(
        `${status.clients} clients, ${status.jobs} jobs, ${formatBytes(status.memory)} of memory${status.draining ? ', draining' : ''}`,
      );
    }
    return 0;
  },
};

export const daemonStop: Command = {
  name: 'daemon stop',
  summary: 'let jobs end, then end the daemon; comes back when it has ended',
  options: { force: { type: 'boolean', help: 'cancel the jobs' } },
  positionals: { min: 0, max: 0 },
  run: async ({ values, session }) => {
    const { findDaemon } = await import('../find-daemon.ts');
    await using client = await findDaemon(session.env);
    if (client === undefined) {
      if (session.json) session.document({ stopped: false });
      else session.line('No daemon runs.');
      return 0;
    }
    const force = flag(values, 'force');
    const { jobs } = await client.request('daemon/status', {});
    const { pid } = await client.request('daemon/stop', { force });
    if (jobs > 0 && !force)
      session.note(
        `${jobs === 1 ? 'One job is' : `${jobs} jobs are`} under way; --force cancels, Ctrl-C stops waiting.`,
      );
    await endOfDaemon(client, pid, session.signal);
    if (session.json) session.document({ stopped: true, pid });
    else session.line(`The daemon (process ${pid}) has ended.`);
    return 0;
  },
};

/** Bytes of the log's end that are looked at: a whole file of it. */
const TAIL = 4 * 1024 * 1024;

export const daemonLog: Command = {
  name: 'daemon log',
  summary: "the end of the daemon's log",
  options: { lines: { type: 'string', short: 'n', placeholder: 'COUNT', help: 'how many lines (default 50)' } },
  positionals: { min: 0, max: 0 },
  run: ({ values, session }) => {
    const places = resolvePlaces({
      env: session.env,
      platform: process.platform,
      homedir: homedir(),
      tmpdir: tmpdir(),
      uid: process.getuid?.(),
    });
    const path = join(places.logs, 'condockd.log');
    const count = parseCount(text(values, 'lines') ?? '50');
    const shown = tail(path).slice(-count);
    if (session.json) session.document({ path, lines: shown });
    else if (shown.length === 0) session.line(`${path} is empty, or not there yet.`);
    else for (const line of shown) session.line(line);
    return Promise.resolve(0);
  },
};

function parseCount(written: string): number {
  if (/^[1-9]\d{0,6}$/.test(written)) return Number(written);
  throw new CondockError('usage', `"${written}" is no number of lines.`, { hint: 'Example: condock daemon log -n 50' });
}

function tail(path: string): string[] {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(fd);
    const length = Math.min(TAIL, size);
    const bytes = Buffer.alloc(length);
    readSync(fd, bytes, 0, length, size - length);
    const lines = bytes.toString('utf8').split('\n').filter(Boolean);
    // The first one was cut in the middle.
    return size > length ? lines.slice(1) : lines;
  } finally {
    closeSync(fd);
  }
}
