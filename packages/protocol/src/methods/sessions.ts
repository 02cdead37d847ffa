import { z } from 'zod';
import { method, notification } from '../method.ts';
import { empty, identity } from './common.ts';

/** Never a secret: who, where from, until when. */
export const sessionDocument = z.object({
  host: z.string(),
  namespace: z.string().nullable().describe('The credential holds only for repositories below this path.'),
  username: z.string().nullable(),
  source: z.string().describe('e.g. keychain, docker config (/home/u/.docker/config.json), netrc, anonymous.'),
  kind: z.enum(['basic', 'bearer', 'identity-token', 'anonymous']),
  scopes: z.array(z.object({ scope: z.string(), expiresAt: z.string().nullable() })),
  lastError: z.string().nullable(),
});

export const sessionMethods = {
  'session/list': method('Registries that Condock holds a session or a credential for. Never a secret.', {
    params: empty,
    result: z.object({ sessions: z.array(sessionDocument), warnings: z.array(z.string()) }),
  }),
  'session/login': method('Checks a credential against its registry and keeps it.', {
    params: z.object({
      host: z.string(),
      username: z.string().optional(),
      secret: z.string(),
      kind: z.enum(['basic', 'identity-token', 'bearer']).optional(),
      keep: z
        .enum(['keychain', 'memory', 'file'])
        .optional()
        .describe('Default keychain. file: plain text, mode 0600, by explicit wish only.'),
    }),
    result: sessionDocument.extend({
      note: z.string().nullable().describe('What to know of this login, such as that the registry lets everyone in.'),
    }),
  }),
  'session/logout': method('Forgets what session/login kept for a host.', {
    params: z.object({ host: z.string() }),
    result: z.object({
      removed: z.array(z.string()),
      remaining: z.string().nullable().describe("The source that still has a login for the host: another tool's."),
    }),
  }),
  'session/offer': method('A secret for this connection alone, held in memory; requests name it by `identity`.', {
    params: z.object({
      identity: z.string(),
      host: z.string(),
      username: z.string().optional(),
      secret: z.string(),
      kind: z.enum(['basic', 'identity-token', 'bearer']).optional(),
    }),
    result: empty,
  }),
  'session/import': method(
    'Finds credentials that other tools keep, says what was found, and keeps what is asked for.',
    {
      params: z.object({
        from: z.enum(['docker', 'pixi', 'podman']),
        host: z.string().optional(),
        keep: z
          .union([z.boolean(), z.enum(['keychain', 'memory', 'file'])])
          .optional()
          .describe('true: in the keychain. file: plain text, mode 0600, by explicit wish only.'),
      }),
      result: z.object({
        found: z.array(
          z.object({
            host: z.string(),
            username: z.string().nullable(),
            source: z.string(),
            kept: z.boolean(),
            note: z.string().nullable(),
          }),
        ),
        warnings: z.array(z.string()).describe('What is wrong with the places that secrets come from.'),
      }),
    },
  ),
  'session/test': method('What a registry is and can do, in facts and in plain words.', {
    params: z.object({ host: z.string(), repository: z.string().optional(), ...identity }),
    result: z.object({
      host: z.string(),
      reachable: z.boolean(),
      auth: z.enum(['none', 'basic', 'bearer', 'unknown']),
      username: z.string().nullable(),
      source: z.string(),
      capabilities: z.record(z.string(), z.enum(['yes', 'no', 'unknown'])),
      notes: z.array(z.string()),
    }),
  }),
};

export const sessionNotifications = {
  'session/didChange': notification('Sessions or credentials changed.', empty),
};
export type SessionDocument = z.infer<typeof sessionDocument>;
