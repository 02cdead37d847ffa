import { CondockError } from '@condock/protocol';
import { methods, notifications } from '@condock/protocol/schemas';
import { describe, expect, it } from 'vitest';
import { createFakeEngineHost } from '../../../test/support/fake-engine-host.ts';
import type { Client } from './client.ts';
import { connectInProcess } from './in-process.ts';
import { createReconnectingClient } from './reconnecting-client.ts';

/** Each opening gives a new connection to the same engine; `connections` holds them for a test to end. */
function setUp() {
  const host = createFakeEngineHost();
  const connections: Client[] = [];
  const client = createReconnectingClient(() => {
    const connection = connectInProcess(host, { version: '1', home: '/h' });
    connections.push(connection);
    return Promise.resolve(connection);
  });
  return { host, connections, client };
}

describe('createReconnectingClient', () => {
  it('says again what the lost connection held: watches and offered secrets, before anything else', async () => {
    const { host, connections, client } = setUp();
    let reconnected = 0;
    client.onReconnected(() => (reconnected += 1));
    await client.request('env/watch', { path: '/kept' });
    await client.request('env/watch', { path: '/dropped' });
    await client.request('env/unwatch', { path: '/dropped' });
    await client.request('session/offer', { identity: 'me', host: 'h', secret: 's' });
    expect(reconnected).toBe(0);
    host.calls.length = 0;
    await connections[0]?.close();
    expect(client.status).toBe('disconnected');
    await client.request('cache/status', {});
    expect(host.calls.map(({ method }) => method)).toEqual(['env/watch', 'session/offer', 'cache/status']);
    expect(host.calls[0]?.params).toEqual({ path: '/kept' });
    expect(reconnected).toBe(1);
  });

  it('goes on telling its listeners across connections, each notification once', async () => {
    const { host, connections, client } = setUp();
    const heard: string[] = [];
    client.onNotification('env/didChange', ({ path }) => heard.push(path));
    await client.connect();
    host.notify('env/didChange', { path: 'one' }, undefined);
    await connections[0]?.close();
    await client.connect();
    host.notify('env/didChange', { path: 'two' }, undefined);
    expect(heard).toEqual(['one', 'two']);
  });

  it('asks the successor what a draining daemon refused, and repeats nothing that may have been done', async () => {
    const { host, client } = setUp();
    const original = host.call.bind(host);
    const answers: CondockError[] = [
      new CondockError('draining', 'Going.'),
      new CondockError('daemon-unavailable', 'Gone.'),
    ];
    host.call = (method, params, context) => {
      const error = answers.shift();
      return error === undefined ? original(method, params, context) : Promise.reject(error);
    };
    // The first refusal is asked again; that is answered by the second, which is final.
    await expect(client.request('cache/status', {})).rejects.toMatchObject({ code: 'daemon-unavailable' });
    expect(answers).toEqual([]);
    expect(await client.request('cache/status', {})).toMatchObject({ path: '/store' });
  });

  it('says why no daemon could be had, and tries again with the next call', async () => {
    let attempts = 0;
    const client = createReconnectingClient(() => {
      attempts += 1;
      return Promise.reject(new CondockError('daemon-unavailable', 'None.'));
    });
    await expect(client.request('daemon/ping', {})).rejects.toMatchObject({ message: 'None.' });
    await expect(client.request('daemon/ping', {})).rejects.toMatchObject({ message: 'None.' });
    expect(attempts).toBe(2);
  });

  it('stays closed', async () => {
    const { connections, client } = setUp();
    await client.connect();
    await client.close();
    expect(connections[0]?.status).toBe('closed');
    expect(client.status).toBe('closed');
    await expect(client.request('daemon/ping', {})).rejects.toMatchObject({ code: 'daemon-unavailable' });
    expect(connections).toHaveLength(1);
  });

  it('passes on every notification that the protocol knows', async () => {
    const { host, client } = setUp();
    await client.connect();
    const heard: string[] = [];
    const names = Object.keys(notifications) as (keyof typeof notifications)[];
    for (const name of names) client.onNotification(name, () => heard.push(name));
    for (const name of names) host.notify(name, {}, undefined);
    expect(heard).toEqual(names);
    expect(Object.keys(methods).length).toBeGreaterThan(0);
  });
});
