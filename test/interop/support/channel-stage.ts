import { join } from 'node:path';
import { type CondockHome, createCondockHome } from '../../real/support/condock.ts';
import { type DockerRegistry, startDockerRegistry } from '../../real/support/docker-registry.ts';
import type { BuiltPackage } from '../../support/packages/index.ts';
import { type ChannelTools, createChannelTools } from './channel-tools.ts';
import { type CountingProxy, startCountingProxy } from './counting-proxy.ts';
import { buildEnvironment } from './packages.ts';

/** What tests of channels play with: packages, a registry behind a proxy that counts, and a home to work from. */
export interface ChannelStage extends AsyncDisposable {
  registry: DockerRegistry;
  proxy: CountingProxy;
  home: CondockHome;
  tools: ChannelTools;
  packages: BuiltPackage[];
  /** Their paths, in the same order. */
  files: string[];
}

export async function startChannelStage(): Promise<ChannelStage> {
  const registry = await startDockerRegistry();
  const proxy = await startCountingProxy(registry.host);
  const home = createCondockHome();
  const packages = await buildEnvironment(join(home.path, 'build'));
  return {
    ...{ registry, proxy, home, packages },
    tools: createChannelTools(home),
    files: packages.map((p) => p.path),
    [Symbol.asyncDispose]: async () => {
      await home[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await registry.stop();
    },
  };
}
