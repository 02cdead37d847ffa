import { z } from 'zod';
import { method, notification } from '../method.ts';
import { empty } from './common.ts';

const hex = z.string().regex(/^[0-9a-f]{64}$/);

export const daemonMethods = {
  initialize: method('First message of a connection: versions, and a challenge that only the real daemon can answer.', {
    params: z.object({
      protocol: z.object({ major: z.number().int(), minor: z.number().int() }),
      client: z.object({ name: z.string().max(200), version: z.string().max(200) }),
      nonce: hex.describe('32 random bytes of the client, in hex.'),
    }),
    result: z.object({
      protocol: z.object({ major: z.number().int(), minor: z.number().int() }),
      daemon: z.object({ version: z.string(), pid: z.number().int() }),
      nonce: hex.describe('32 random bytes of the daemon, in hex.'),
      proof: hex.describe(
        'HMAC-SHA-256, keyed with the token, over "condock-daemon:" + client nonce + ":" + daemon nonce.',
      ),
    }),
  }),
  authenticate: method('Second message: the client proves that it can read the registration file.', {
    params: z.object({
      proof: hex.describe(
        'HMAC-SHA-256, keyed with the token, over "condock-client:" + daemon nonce + ":" + client nonce.',
      ),
    }),
    result: empty,
  }),
  'daemon/ping': method('Answers at once; measures a round trip.', { params: empty, result: empty }),
  'daemon/status': method('What the daemon is and does.', {
    params: empty,
    result: z.object({
      version: z.string(),
      pid: z.number().int(),
      home: z.string(),
      address: z.string().nullable(),
      log: z.string().nullable(),
      startedAt: z.string(),
      clients: z.number().int(),
      jobs: z.number().int(),
      draining: z.boolean(),
      memory: z.number().int().describe('Resident bytes.'),
      node: z.string(),
    }),
  }),
  'daemon/stop': method('Takes no new clients, lets jobs end (unless forced), then ends the daemon.', {
    params: z.object({ force: z.boolean().optional() }),
    result: z.object({ pid: z.number().int() }),
  }),
};

export const daemonNotifications = {
  'daemon/draining': notification('The daemon is going away; reconnect to get its successor.', empty),
};
