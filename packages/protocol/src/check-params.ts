import { CondockError } from './errors.ts';
import { methods, type MethodName, type ParamsOf } from './methods/index.ts';

/** Names beyond the protocol (`constructor`, say) are not methods. */
export function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(methods, name);
}

/**
 * Checks what a caller sent against the method's schema; unknown members are dropped, so that a newer client can talk
 * to an older daemon. Throws `unknown-method` or `usage`, naming the member at fault.
 */
export function checkParams<M extends MethodName>(method: M, params: unknown): ParamsOf<M> {
  if (!isMethodName(method)) {
    throw new CondockError('unknown-method', `There is no method ${JSON.stringify(String(method).slice(0, 200))}.`, {
      hint: 'docs/protocol.md lists the methods.',
    });
  }
  const result = methods[method].params.safeParse(params ?? {});
  if (result.success) return result.data as ParamsOf<M>;
  const [issue] = result.error.issues;
  const where =
    issue === undefined || issue.path.length === 0 ? 'params' : `params.${issue.path.map(String).join('.')}`;
  // The message names what was expected, never the value: it may be a secret.
  throw new CondockError('usage', `${method}: ${where}: ${issue?.message ?? 'not as the schema says'}`, {
    hint: 'docs/protocol.md describes the parameters.',
    data: { method, at: where },
  });
}
