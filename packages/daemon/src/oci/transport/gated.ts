import type { HttpRequest, HttpResponse } from './dispatch.ts';
import { createHostGate, type GateOptions, type HostGate, type Priority } from './budget.ts';

export interface GatedSender {
  /** Waits for its turn at the host, then sends; the turn ends with the answer's body. */
  send(request: HttpRequest, priority: Priority): Promise<HttpResponse>;
  /** Nobody asks the host for so many milliseconds. */
  pause(host: string, milliseconds: number): void;
}

export interface GatedOptions extends Omit<GateOptions, 'rates'> {
  /** Requests a minute by host; undefined: no limit. */
  ratesOf: (host: string) => GateOptions['rates'];
  send: (request: HttpRequest) => Promise<HttpResponse>;
}

export function createGatedSender(options: GatedOptions): GatedSender {
  const gates = new Map<string, HostGate>();
  const gateOf = (host: string): HostGate => {
    let gate = gates.get(host);
    if (gate === undefined) gates.set(host, (gate = createHostGate({ ...options, rates: options.ratesOf(host) })));
    return gate;
  };
  return {
    pause: (host, milliseconds) => gateOf(host).pause(milliseconds),
    send: async (request, priority) => {
      const kind = request.method === 'GET' || request.method === 'HEAD' ? 'read' : 'write';
      const leave = await gateOf(request.url.host).enter(kind, priority, request.signal);
      try {
        const response = await options.send(request);
        // A body that nobody reads any more may still break: that is nobody's error then.
        response.body.on('error', () => undefined).once('close', leave);
        return response;
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}
