import { describe, expect, it } from 'vitest';
import { type DiagnoseInput, diagnoseReport } from './report.ts';

const input: DiagnoseInput = {
  extension: { version: '0.1.0', editor: 'VS Code 1.104.0', remote: 'wsl', ui: 'desktop', trusted: false },
  system: { platform: 'linux', arch: 'x64', node: '20.19.0' },
  daemonCommand: 'node /home/jane/.vscode/extensions/condock/dist/daemon/condockd.js',
  daemon: { code: 'daemon-unavailable', message: 'No daemon.' },
  cache: { path: '/home/jane/.cache/condock', blobs: 3, bytes: 4_000_000, quota: null, partial: 1, pinned: 0 },
  sessions: {
    warnings: [],
    sessions: [
      {
        ...{
          host: 'ghcr.io',
          namespace: null,
          username: 'jane',
          source: 'docker config (/home/jane/.docker/config.json)',
        },
        ...{ kind: 'basic', scopes: [], lastError: 'GET https://jane:hunter2@ghcr.io/ failed' },
      },
    ],
  },
  environments: [{ kind: 'pixi-workspace', packages: 12, states: { cached: 10, available: 2 } }],
  log: ['12:00 fetched https://conda.example/t/tk-secret/c/noarch/a.conda', 'authorization: Bearer abcdefghijk'],
  home: '/home/jane',
};

describe('the diagnosis', () => {
  it('says what a bug report needs, a failed part as its failure', () => {
    const text = diagnoseReport(input);
    expect(text).toContain('VS Code 1.104.0 (desktop, remote: wsl, workspace not trusted)');
    expect(text).toContain('Daemon: daemon-unavailable — No daemon.');
    expect(text).toContain('3 blobs, 4.0 MB, 1 unfinished');
    expect(text).toContain('pixi-workspace: 12 packages (10 cached, 2 available)');
    expect(text).toContain('`node ~/.vscode/extensions/');
  });

  it('betrays neither secrets nor who signed in nor the home directory', () => {
    const text = diagnoseReport(input);
    for (const word of ['hunter2', 'tk-secret', 'abcdefghijk', 'jane']) expect(text).not.toContain(word);
  });
});
