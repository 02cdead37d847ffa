export type { Client, ClientStatus, RequestOptions } from './client.ts';
export { connect, defaultPlaces, type ConnectOptions } from './connect.ts';
export { defaultDaemonCommand, nodeCommand, type DaemonCommand } from './daemon-command.ts';
export { connectInProcess, type InProcessHost, type InProcessOptions } from './in-process.ts';
export { listFiles, showEnvironment } from './paging.ts';
export { createReconnectingClient, type ReconnectingClient } from './reconnecting-client.ts';
export type { SocketClient } from './socket-client.ts';
