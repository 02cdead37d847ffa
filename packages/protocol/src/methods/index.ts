import type { z } from 'zod';
import { cacheMethods, cacheNotifications } from './cache.ts';
import { channelMethods, channelNotifications } from './channels.ts';
import { daemonMethods, daemonNotifications } from './daemon.ts';
import { environmentMethods, environmentNotifications } from './environments.ts';
import { packageMethods } from './packages.ts';
import { referenceMethods } from './references.ts';
import { sessionMethods, sessionNotifications } from './sessions.ts';

/** Every request that the daemon answers, by its JSON-RPC method name. */
export const methods = {
  ...daemonMethods,
  ...environmentMethods,
  ...referenceMethods,
  ...packageMethods,
  ...sessionMethods,
  ...cacheMethods,
  ...channelMethods,
};

/** Every notification that the daemon sends, besides `$/progress`. */
export const notifications = {
  ...daemonNotifications,
  ...environmentNotifications,
  ...sessionNotifications,
  ...cacheNotifications,
  ...channelNotifications,
};

export type Methods = typeof methods;
export type MethodName = keyof Methods;
export type ParamsOf<M extends MethodName> = z.input<Methods[M]['params']>;
export type ResultOf<M extends MethodName> = z.output<Methods[M]['result']>;

export type Notifications = typeof notifications;
export type NotificationName = keyof Notifications;
export type NotificationParams<N extends NotificationName> = z.output<Notifications[N]['params']>;
