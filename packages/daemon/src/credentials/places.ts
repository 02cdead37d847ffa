import { posix, win32 } from 'node:path';

export interface PlacesInput {
  env: Readonly<Record<string, string | undefined>>;
  homedir: string;
  /** `process.platform`. */
  platform: string;
  /** Numeric user id, where the platform has one. */
  uid?: number | undefined;
}

/** A file that may hold secrets. Those that the environment names are expected to be there. */
export interface SecretPlace {
  path: string;
  label: string;
  mustExist?: boolean;
}

export interface CredentialPlaces {
  rattlerNamed: SecretPlace[];
  podmanNamed: SecretPlace[];
  dockerNamed: SecretPlace[];
  pixiConfigs: string[];
  podman: SecretPlace[];
  docker: SecretPlace[];
  rattler: SecretPlace[];
  netrc: SecretPlace[];
  /** Sentences about variables that were left out. */
  warnings: string[];
}

/**
 * Where other tools keep secrets, by their own rules: see rattler_networking (RATTLER_AUTH_FILE is asked first, the others
 * still count), containers-auth.json(5) (REGISTRY_AUTH_FILE takes the place of podman's own paths), docker's manual
 * (DOCKER_CONFIG takes the place of `~/.docker`), pixi's configuration reference. Relative paths in variables are left out: they
 * would mean whatever folder the program was started in.
 */
export function credentialPlaces({ env, homedir, platform, uid }: PlacesInput): CredentialPlaces {
  const path = platform === 'win32' ? win32 : posix;
  const warnings: string[] = [];
  const variable = (name: string): string | undefined => {
    const value = env[name];
    if (value === undefined || value === '') return undefined;
    if (path.isAbsolute(value)) return value;
    warnings.push(`${name} is not an absolute path, so it was left out.`);
    return undefined;
  };
  const home = (...parts: string[]): string => path.join(homedir, ...parts);
  const named = (name: string, at: string | undefined, label: string): SecretPlace[] =>
    at === undefined ? [] : [{ path: at, label: `${label} named by ${name}`, mustExist: true }];

  const registryAuth = variable('REGISTRY_AUTH_FILE');
  const dockerDir = variable('DOCKER_CONFIG');
  const netrc = variable('NETRC');
  const xdgConfig = variable('XDG_CONFIG_HOME') ?? home('.config');
  // containers-auth.json(5): without XDG_RUNTIME_DIR, the directory that root gives each user.
  const runtime = variable('XDG_RUNTIME_DIR') ?? (uid === undefined ? undefined : `/run/containers/${uid}`);
  const podmanAuth = (...parts: string[]): SecretPlace => ({
    path: path.join(...parts, 'containers', 'auth.json'),
    label: 'podman auth',
  });
  const podmanRoot = (directory: string): SecretPlace => ({
    path: path.join(directory, 'auth.json'),
    label: 'podman auth',
  });
  return {
    rattlerNamed: named('RATTLER_AUTH_FILE', variable('RATTLER_AUTH_FILE'), 'rattler credentials'),
    podmanNamed: named('REGISTRY_AUTH_FILE', registryAuth, 'podman auth'),
    dockerNamed:
      dockerDir === undefined
        ? []
        : [{ path: path.join(dockerDir, 'config.json'), label: 'docker config named by DOCKER_CONFIG' }],
    pixiConfigs: isTrue(env.PIXI_NO_CONFIG) ? [] : pixiConfigs({ platform, variable, home, xdgConfig, path }),
    podman:
      registryAuth !== undefined
        ? []
        : unique([
            ...(platform === 'linux' && runtime !== undefined
              ? [runtime.startsWith('/run/containers/') ? podmanRoot(runtime) : podmanAuth(runtime)]
              : []),
            podmanAuth(xdgConfig),
            ...(platform === 'linux' ? [] : [podmanAuth(home('.config'))]),
          ]),
    docker: [
      ...(dockerDir === undefined ? [{ path: home('.docker', 'config.json'), label: 'docker config' }] : []),
      { path: home('.dockercfg'), label: 'docker config' },
    ],
    rattler: [{ path: home('.rattler', 'credentials.json'), label: 'rattler credentials' }],
    netrc:
      netrc !== undefined
        ? named('NETRC', netrc, 'netrc')
        : [home('.netrc'), home('_netrc')].map((at) => ({ path: at, label: 'netrc' })),
    warnings,
  };
}

function pixiConfigs(known: {
  platform: string;
  variable: (name: string) => string | undefined;
  home: (...parts: string[]) => string;
  xdgConfig: string;
  path: typeof posix;
}): string[] {
  const { platform, variable, home, xdgConfig, path } = known;
  const explicit = variable('PIXI_CONFIG_FILE');
  if (explicit !== undefined) return [explicit];
  const pixiHome = variable('PIXI_HOME');
  const appData = variable('APPDATA') ?? home('AppData', 'Roaming');
  const byPlatform =
    platform === 'win32'
      ? [path.join(appData, 'pixi'), 'C:\\ProgramData\\pixi']
      : platform === 'darwin'
        ? [home('Library', 'Application Support', 'pixi'), path.join(xdgConfig, 'pixi'), '/etc/pixi']
        : [path.join(xdgConfig, 'pixi'), '/etc/pixi'];
  const folders = [...(pixiHome === undefined ? [] : [pixiHome]), home('.pixi'), ...byPlatform];
  return [...new Set(folders)].map((folder) => path.join(folder, 'config.toml'));
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value?.toLowerCase() === 'true';
}

function unique(places: SecretPlace[]): SecretPlace[] {
  return places.filter((place, at) => places.findIndex((other) => other.path === place.path) === at);
}
