export type { EndReason } from './connections.ts';
export { createLog, type Log, type LogFields, type LogLevel, type LogOptions } from './log.ts';
export { loadSchemas, type ServedHost } from './engine-calls.ts';
export { reportToStarter, failedStart } from './starter-report.ts';
export { startServer, type AttachedElsewhere, type DaemonServer, type StartServerOptions } from './server.ts';
