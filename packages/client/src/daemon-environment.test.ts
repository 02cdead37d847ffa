import { describe, expect, it } from 'vitest';
import { daemonEnvironment } from './daemon-environment.ts';

describe('daemonEnvironment', () => {
  it('keeps what a daemon reads: places, network, sources of credentials', () => {
    const env = {
      HOME: '/h',
      PATH: '/bin',
      CONDOCK_HOME: '/c',
      XDG_RUNTIME_DIR: '/r',
      https_proxy: 'http://p',
      RATTLER_AUTH_FILE: '/a',
      DBUS_SESSION_BUS_ADDRESS: 'unix:',
    };
    expect(daemonEnvironment(env)).toEqual(env);
  });

  it("leaves out what is its starter's own", () => {
    const env = {
      NODE_OPTIONS: '--inspect',
      VSCODE_PID: '1',
      npm_config_x: 'y',
      NODE_V8_COVERAGE: '/c',
      HOME: undefined,
    };
    expect(daemonEnvironment(env)).toEqual({});
  });
});
