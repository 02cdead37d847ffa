import { type HttpHost, startHttpHost } from '../../support/misbehaving-registry/http-host.ts';
import { ask } from '../../support/misbehaving-registry/ask.ts';
import type { Answer, Behaviour, SeenRequest } from '../../support/misbehaving-registry/index.ts';

export interface FrontOptions {
  behaviours: readonly Behaviour[];
  /** Called when an upload was cut, after the registry got what had come and before the client sees its line end. */
  cut?: (request: SeenRequest) => Promise<void>;
}

/** A real registry whose lines a test has in its hands: requests are passed on as they are, answers go through behaviours. */
export function startMisbehavingFront(url: string, { behaviours, cut }: FrontOptions): Promise<HttpHost> {
  return startHttpHost({
    behaviours,
    honest: async (request, complete) => {
      if (complete) return passOn(url, request, {});
      // What of an upload arrived is what the registry keeps of it.
      const answer = await passOn(url, request, { 'content-range': undefined });
      await cut?.(request);
      return answer;
    },
  });
}

async function passOn(
  url: string,
  { method, url: path, headers: given, body }: SeenRequest,
  changed: Record<string, string | undefined>,
): Promise<Answer> {
  const headers = Object.fromEntries(
    Object.entries({ ...given, 'content-length': undefined, connection: undefined, ...changed }).flatMap(
      ([name, value]) => (typeof value === 'string' ? [[name, value]] : []),
    ),
  );
  const answer = await ask(`${url}${path}`, {
    method: method as 'GET',
    headers,
    ...(method === 'GET' || method === 'HEAD' || method === 'DELETE' ? {} : { body }),
  });
  const kept = Object.entries(answer.headers).filter(
    ([name]) => !['connection', 'keep-alive', 'transfer-encoding'].includes(name),
  );
  return { status: answer.status, headers: Object.fromEntries(kept), body: answer.body };
}
