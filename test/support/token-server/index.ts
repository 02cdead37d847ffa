export { type Access, type GrantRule, parseScope, usersMayAll } from './token-rules.ts';
export { startTokenServer, type TokenRequest, type TokenServer, type TokenServerOptions } from './token-server.ts';
