// Light on purpose: no schema library is loaded through here, so that a command line starts fast.
// The schemas stand behind '@condock/protocol/schemas'.
export * from './discovery-variables.ts';
export * from './errors.ts';
export { redact } from './redact.ts';
export { LIMITS, PROTOCOL_VERSION } from './limits.ts';
export * from './rendezvous.ts';
export * from './framing.ts';
export * from './handshake.ts';
export * from './message-streams.ts';
export * from './progress-coalescer.ts';
export * from './runtime-directory.ts';
export * from './starter-report.ts';
export * from './timers.ts';
export * from './wire-error.ts';
export type {
  MethodName,
  Methods,
  NotificationName,
  NotificationParams,
  Notifications,
  ParamsOf,
  ResultOf,
} from './methods/index.ts';
export type { LayerRole, LayoutVersion, PackageState, ProgressValue } from './methods/common.ts';
export type { ChannelDifference, ChannelServerDocument } from './methods/channels.ts';
export type { EnvironmentKind, EnvironmentListing, EnvironmentPackage } from './methods/environments.ts';
export type { DecodedReference, EncodedReference } from './methods/references.ts';
export type { PackageInsides } from './methods/packages.ts';
export type { SessionDocument } from './methods/sessions.ts';
