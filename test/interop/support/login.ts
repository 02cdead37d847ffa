import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CondockHome } from '../../real/support/condock.ts';
import type { DockerRegistry } from '../../real/support/docker-registry.ts';

/** Writes the docker configuration that a user who signed in to these registries would have. */
export function signIn(home: CondockHome, ...registries: readonly DockerRegistry[]): void {
  const folder = join(home.path, '.docker');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), dockerConfig(...registries));
}

export function dockerConfig(...registries: readonly DockerRegistry[]): string {
  return JSON.stringify({
    auths: Object.fromEntries(
      registries.map(({ host, username, password }) => [
        host,
        { auth: Buffer.from(`${username}:${password}`).toString('base64') },
      ]),
    ),
  });
}
