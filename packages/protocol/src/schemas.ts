export { checkParams, isMethodName } from './check-params.ts';
export { methods, notifications } from './methods/index.ts';
export { progressValue, errorDocument } from './methods/common.ts';
export type { Method, Notification } from './method.ts';
