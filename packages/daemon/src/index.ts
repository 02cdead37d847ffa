// The engine as a library, for programs that hold it themselves. Programs that talk to the daemon use @condock/client.
export type { CallContext, EngineHost, EngineMethodName, NotificationListener } from './engine/engine-host.ts';
export { startRegistry, type RunningRegistry, type StartRegistryOptions } from './http/registry/index.ts';
export { composeEngine, type ComposeOptions } from './main/compose-engine.ts';
