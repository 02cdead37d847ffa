/** What happened on the way to a registry, for logs. Never a secret, never a query string (signed URLs carry secrets there). */
export type TransportEvent =
  | { event: 'retry'; host: string; method: string; path: string; tries: number; waitMs: number; reason: string }
  | { event: 'throttled'; host: string; waitMs: number }
  | { event: 'redirected'; host: string; target: string }
  | { event: 'token'; host: string; realm: string; scopes: number; source: string }
  | { event: 'token-refused'; host: string; realm: string; status: number; scopes: number; source: string }
  | { event: 'anonymous-instead'; host: string; source: string }
  | { event: 'scope-refused'; host: string; scope: string }
  | { event: 'upload-resumed'; host: string; offset: number }
  | { event: 'scheme'; host: string; scheme: 'http' | 'https' };

export type TransportLogger = (event: TransportEvent) => void;
