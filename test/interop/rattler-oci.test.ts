import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CondockHome, createCondockHome } from '../real/support/condock.ts';
import { type DockerRegistry, dockerRegistryMissing, startDockerRegistry } from '../real/support/docker-registry.ts';
import type { BuiltPackage } from '../support/packages/index.ts';
import { createAuthority } from './support/authority.ts';
import { pythonClientsOrSay } from './support/clients.ts';
import { buildEnvironment, INSTALLED, LONG_NAME } from './support/packages.ts';
import { createPythonClient, type InstalledRecord, type PythonClient } from './support/python-client.ts';

const SUITE = "rattler's own oci:// client";
/** rattler drops ports and speaks https alone: it has to be 443 of an address that nobody else uses. */
const ADDRESS = '127.0.0.9';
const missing =
  dockerRegistryMissing() ?? ((await mayListen()) ? undefined : `Port 443 of ${ADDRESS} is not to be had here`);
if (missing !== undefined) console.log(`Skipped: ${SUITE}. ${missing}.`);
const python = missing === undefined ? await pythonClientsOrSay(SUITE) : undefined;

function mayListen(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(443, ADDRESS, () => server.close(() => resolve(true)));
  });
}

describe.skipIf(python === undefined)("rattler's own oci:// client", () => {
  let folder: string;
  let registry: DockerRegistry;
  let home: CondockHome;
  let clients: PythonClient;
  let packages: BuiltPackage[];
  let ca: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'condock-oci-'));
    const authority = await createAuthority(ADDRESS);
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    ca = write('ca.pem', authority.ca);
    const tls = { certificate: write('server.pem', authority.certificate), key: write('key.pem', authority.key) };
    registry = await startDockerRegistry({ address: ADDRESS, port: 443, tls });
    home = createCondockHome();
    clients = await createPythonClient(python!);
    packages = await buildEnvironment(join(home.path, 'build'));
  });
  afterAll(async () => {
    await clients[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
    await registry.stop();
    rmSync(folder, { recursive: true });
  });

  it('installs from a v0 channel that Condock published, over TLS with a private CA', async () => {
    const files = packages.map((p) => p.path);
    const channel = `oci://${ADDRESS}/acme`;
    await home.succeed(['publish', ...files, '--to', channel], { env: { SSL_CERT_FILE: ca } });
    const prefix = join(clients.folder, 'prefix');
    const records = await clients.ask<InstalledRecord[]>(
      'install',
      { channels: [channel], specs: ['app', LONG_NAME], prefix, cache: join(clients.folder, 'cache') },
      { env: { SSL_CERT_FILE: ca } },
    );
    expect(records.map((r) => r.file.split('-').slice(0, -2).join('-')).sort()).toEqual([...INSTALLED].sort());
    for (const record of records) {
      expect(record.url).toBe(
        `${channel}/${packages.find((p) => p.fileName === record.file)?.subdir ?? ''}/${record.file}`,
      );
      expect(record.sha256).toBe(packages.find((p) => p.fileName === record.file)?.sha256);
    }
    expect(readFileSync(join(prefix, 'bin/app'), 'utf8')).toBe(`#!${prefix}/bin/python\n`);
  });
});
