// The program `condock`. Parts are chosen here; run.ts and below touch nothing that was not handed to them.
import { detectTerminal } from './terminal/terminal.ts';
import { openClient } from './open-client.ts';
import { run } from './run.ts';
import { VERSION } from './version.ts';

const controller = new AbortController();
const interrupt = (): void => {
  // The second one means it.
  if (controller.signal.aborted) process.exit(130);
  controller.abort();
};
process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);
// A reader that has seen enough (`condock … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`error: The output could not be written (${error.code ?? error.message}).\n`);
  process.exit(1);
});
// Whom nobody hears has nobody to complain to.
process.stderr.on('error', () => undefined);

// No `await` out here: the program is CommonJS when it is bundled.
void run(process.argv.slice(2), {
  version: VERSION,
  terminal: detectTerminal(process.stdout, process.stderr, process.env),
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
  stdin: () => process.stdin,
  now: () => performance.now(),
  connect: (options) => openClient({ ...options, env: process.env, signal: controller.signal }),
}).then((code) => {
  process.exitCode = code;
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
});
