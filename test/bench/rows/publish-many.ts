import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DockerRegistry, startDockerRegistry } from '../../real/support/docker-registry.ts';
import { condockHome, type CondockHome } from '../fixture/condock.ts';
import { publishedEnvironment } from '../fixture/environment.ts';
import { skopeoCopy } from '../fixture/skopeo.ts';
import { atOnce } from '../measure/programs.ts';
import { against, type RowDefinition } from '../measure/row.ts';

export const publishMany: RowDefinition = {
  number: 14,
  title: 'publish of 500 small packages, without repodata, against skopeo copy oci: docker://, 8 at a time',
  needs: ['docker-registry', 'skopeo'],
  measure: async (bench) => {
    const { packages, reference } = await publishedEnvironment(bench);
    const copy = await skopeoCopy(bench);
    const layout = (at: number): string => `oci:${join(bench.directory, 'publish-many', String(at))}:latest`;
    await mkdir(join(bench.directory, 'publish-many'), { recursive: true });
    const numbered = packages.map((built, at) => ({ built, at }));
    await atOnce(8, numbered, ({ built, at }) => copy(`docker://${reference(built)}`, layout(at)));
    // A new one for each turn: what a registry holds already is not sent again.
    let registry: DockerRegistry | undefined;
    const newRegistry = async (): Promise<void> => {
      await registry?.stop();
      registry = await startDockerRegistry();
    };
    bench.atEnd(async () => registry?.stop());
    const host = (): string => registry?.host ?? '';
    let home: CondockHome | undefined;
    const measured = await bench.compare(
      {
        ours: {
          prepare: async (round) => {
            await newRegistry();
            home = await condockHome(bench, `publish-many-${String(round)}`);
            await home.warmDaemon();
          },
          run: async () => {
            const files = packages.map((p) => p.path);
            await home?.run('publish', ...files, '--to', `oci://${host()}/published`, '--no-index', '--quiet');
            return undefined;
          },
          after: async () => home?.stopDaemon(),
        },
        skopeo: {
          prepare: newRegistry,
          run: async () => {
            await atOnce(8, numbered, ({ at }) =>
              copy(layout(at), `docker://${host()}/published/package-${String(at)}:1`),
            );
            return undefined;
          },
        },
      },
      { share: 0.45, warmUp: 0 },
    );
    return [
      against('14 publish 500 packages, whole command / skopeo copy, 8 at a time', measured, {
        ours: 'ours',
        peer: 'skopeo',
        goal: 1 / 3,
      }),
    ];
  },
};
