import { describe, expect, it } from 'vitest';
import { credentialPlaces } from './places.ts';

const paths = (places: { path: string }[]) => places.map((place) => place.path);

describe('credentialPlaces', () => {
  it("knows where each tool keeps its secrets on Linux, by the tool's own rules", () => {
    const places = credentialPlaces({
      env: { XDG_RUNTIME_DIR: '/run/user/7', XDG_CONFIG_HOME: '/x' },
      homedir: '/home/u',
      platform: 'linux',
    });
    expect(paths(places.podman)).toEqual(['/run/user/7/containers/auth.json', '/x/containers/auth.json']);
    expect(paths(places.docker)).toEqual(['/home/u/.docker/config.json', '/home/u/.dockercfg']);
    expect(paths(places.rattler)).toEqual(['/home/u/.rattler/credentials.json']);
    expect(paths(places.netrc)).toEqual(['/home/u/.netrc', '/home/u/_netrc']);
    expect(places.pixiConfigs).toEqual(['/home/u/.pixi/config.toml', '/x/pixi/config.toml', '/etc/pixi/config.toml']);
  });

  it("uses podman's fallback where there is no runtime directory", () => {
    const places = credentialPlaces({ env: {}, homedir: '/home/u', platform: 'linux', uid: 7 });
    expect(paths(places.podman)).toEqual(['/run/containers/7/auth.json', '/home/u/.config/containers/auth.json']);
  });

  it('lets variables take the place of the paths that they stand for', () => {
    const env = {
      RATTLER_AUTH_FILE: '/r.json',
      REGISTRY_AUTH_FILE: '/p.json',
      DOCKER_CONFIG: '/d',
      NETRC: '/n',
      PIXI_CONFIG_FILE: '/pixi.toml',
    };
    const places = credentialPlaces({ env, homedir: '/h', platform: 'linux' });
    expect([places.rattlerNamed, places.podmanNamed, places.dockerNamed].flatMap(paths)).toEqual([
      '/r.json',
      '/p.json',
      '/d/config.json',
    ]);
    expect(places.podman).toEqual([]);
    expect(paths(places.docker)).toEqual(['/h/.dockercfg']);
    expect(paths(places.netrc)).toEqual(['/n']);
    expect(places.pixiConfigs).toEqual(['/pixi.toml']);
    expect(credentialPlaces({ env: { PIXI_NO_CONFIG: '1' }, homedir: '/h', platform: 'linux' }).pixiConfigs).toEqual(
      [],
    );
  });

  it('leaves relative paths out and says so: they would mean whatever folder one is in', () => {
    const env = { RATTLER_AUTH_FILE: './auth.json', DOCKER_CONFIG: '.docker', NETRC: 'netrc' };
    const places = credentialPlaces({ env, homedir: '/h', platform: 'linux' });
    expect([...places.rattlerNamed, ...places.dockerNamed]).toEqual([]);
    expect(places.warnings).toHaveLength(3);
    expect(paths(places.docker)[0]).toBe('/h/.docker/config.json');
  });

  it('knows the paths of Windows and macOS', () => {
    const windows = credentialPlaces({ env: { APPDATA: 'C:\\A' }, homedir: 'C:\\Users\\u', platform: 'win32' });
    expect(paths(windows.docker)[0]).toBe('C:\\Users\\u\\.docker\\config.json');
    expect(windows.pixiConfigs).toContain('C:\\A\\pixi\\config.toml');
    const mac = credentialPlaces({ env: {}, homedir: '/Users/u', platform: 'darwin' });
    expect(paths(mac.podman)).toEqual(['/Users/u/.config/containers/auth.json']);
    expect(mac.pixiConfigs).toContain('/Users/u/Library/Application Support/pixi/config.toml');
  });
});
