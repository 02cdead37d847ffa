import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTokenServer, type TokenServer, type TokenServerOptions } from '../../support/token-server/index.ts';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';

export interface TokenRegistry extends AsyncDisposable {
  readonly registry: DockerRegistry;
  readonly tokens: TokenServer;
}

/** Debian's docker-registry that takes the tokens of a real token server, and nothing else. */
export async function startTokenRegistry(options: TokenServerOptions): Promise<TokenRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'condock-token-registry-'));
  const tokens = await startTokenServer(options);
  const rootCertificates = join(folder, 'bundle.pem');
  await writeFile(rootCertificates, tokens.certificate);
  const { realm, service, issuer } = tokens;
  const registry = await startDockerRegistry({ auth: { realm, service, issuer, rootCertificates } });
  return {
    registry,
    tokens,
    [Symbol.asyncDispose]: async () => {
      await registry.stop();
      await tokens.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
