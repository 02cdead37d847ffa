import { randomBytes } from 'node:crypto';
import { link, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRegistration, registrationFileName, registrationGeneration, type Registration } from '@condock/protocol';

/** The highest registration, which is the truth; generation 0 without a registration where there is none. */
export interface Highest {
  generation: number;
  /** Undefined also where the file is not a registration: its daemon can't be reached, so its number is only passed. */
  registration: Registration | undefined;
}

/** Generations of all registrations in a runtime directory, ascending. */
export async function listGenerations(runtime: string): Promise<number[]> {
  const names = await readdir(runtime);
  return names
    .map(registrationGeneration)
    .filter((n) => n !== undefined)
    .sort((a, b) => a - b);
}

/** Reads the highest registration of a runtime directory that exists. */
export async function readHighest(runtime: string): Promise<Highest> {
  const generation = (await listGenerations(runtime)).at(-1);
  if (generation === undefined) return { generation: 0, registration: undefined };
  const text = await readFile(join(runtime, registrationFileName(generation)), 'utf8').catch(() => '');
  return { generation, registration: parseRegistration(text) };
}

/**
 * Registers under a generation: whole or not at all, and only if nobody else has it (`link(2)` fails where the name
 * exists). False where somebody else was faster.
 */
export async function register(runtime: string, generation: number, registration: Registration): Promise<boolean> {
  const temporary = join(runtime, `.registration.${randomBytes(8).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(registration)}\n`);
    } finally {
      await file.close();
    }
    await link(temporary, join(runtime, registrationFileName(generation)));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}
