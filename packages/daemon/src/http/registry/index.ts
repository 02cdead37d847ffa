export { type BasicAuth, fixedUsers, isLoopbackAddress } from './access.ts';
export { type RunningRegistry, startRegistry, type StartRegistryOptions } from './start-registry.ts';
