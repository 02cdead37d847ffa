import { createAuthorizer } from './auth/authorizer.ts';
import { createCredentialFinder } from './auth/credential-finder.ts';
import { parseChallenges } from './auth/challenge.ts';
import type { CredentialSource } from './auth/credential-source.ts';
import { createBlobs } from './client/blobs.ts';
import { createExchange } from './client/exchange.ts';
import { createListings } from './client/listings.ts';
import { createManifests } from './client/manifests.ts';
import { pullNeed, pushNeed } from './client/needs.ts';
import { createPing, createProbe } from './client/probes.ts';
import { createReferrers } from './client/referrers.ts';
import { createUploads } from './client/uploads.ts';
import { isLoopbackHost } from './host.ts';
import type { RegistryClient } from './registry-client.ts';
import { discard } from './transport/body.ts';
import type { Rates } from './transport/budget.ts';
import { type Clock, systemClock } from './transport/clock.ts';
import { type Dial, type ResolveHost, systemDial, systemResolve } from './transport/connector.ts';
import { createDispatcher, type Timeouts } from './transport/dispatch.ts';
import type { TransportLogger } from './transport/events.ts';
import { createGatedSender } from './transport/gated.ts';
import { createSchemes } from './transport/schemes.ts';
import { createTrust } from './transport/tls.ts';

export type { TransportEvent } from './transport/events.ts';

export interface RegistryClientOptions {
  credentials: CredentialSource;
  /** Hosts, with port, that the user marked for plain http. Loopback needs no mark. */
  insecureHosts?: readonly string[];
  /** PEM texts of authorities that are trusted beside the public ones. */
  ca?: string | readonly string[];
  /** HTTPS_PROXY, HTTP_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS and SSL_CERT_FILE are honoured, in either case. Default: none. */
  env?: Readonly<Record<string, string | undefined>>;
  userAgent?: string;
  clock?: Clock;
  /** Exchanges at once per host. Default 64. */
  connectionsPerHost?: number;
  /**
   * Requests a minute per host. Default: nine tenths of what ghcr.io allows, and no limit for loopback. What is given here holds
   * for every host.
   */
  rates?: Rates;
  timeouts?: Partial<Timeouts>;
  /** Finds the addresses of a name. Default: the system's resolver. */
  resolve?: ResolveHost;
  /** Opens every TCP connection, after its addresses were checked. Default: node:net. */
  dial?: Dial;
  log?: TransportLogger;
}

/** ghcr.io allows 44,000 reads and 2,000 writes a minute; others do not say. */
const DEFAULT_RATES: Rates = { readsPerMinute: 39_600, writesPerMinute: 1800 };
const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 15_000, headersMs: 60_000, bodyIdleMs: 30_000 };

/** All that the contract leaves to choice is there. */
export type FullRegistryClient = RegistryClient &
  Required<Pick<RegistryClient, 'probe' | 'sessions' | 'authorize' | 'forget' | 'forgetIdentities'>>;

/**
 * The distribution client: sessions, tokens, retries, redirects and budgets behind plain methods. It holds connections and tokens
 * until `close`. No network before the first call.
 */
export function createRegistryClient(options: RegistryClientOptions): FullRegistryClient {
  const { env = {}, clock = systemClock, log = () => undefined, connectionsPerHost = 64 } = options;
  const schemes = createSchemes({ insecureHosts: options.insecureHosts });
  let trust: ReturnType<typeof createTrust> | undefined;
  const dispatcher = createDispatcher({
    trust: () => (trust ??= createTrust({ ca: options.ca, env })),
    proxy: env,
    resolve: options.resolve ?? systemResolve,
    dial: options.dial ?? systemDial,
    connectionsPerOrigin: connectionsPerHost,
    timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
  });
  const gated = createGatedSender({
    connections: connectionsPerHost,
    clock,
    ratesOf: (host) => options.rates ?? (isLoopbackHost(host) ? undefined : DEFAULT_RATES),
    send: (request) => dispatcher.send(request),
  });
  const userAgent = options.userAgent ?? 'condock';
  const addressClass = (origin: string) => dispatcher.addressClass(origin);
  const authorizer = createAuthorizer({
    finder: createCredentialFinder(options.credentials, clock),
    clock,
    addressClass,
    log,
    send: (request) =>
      gated.send({ ...request, headers: { 'user-agent': userAgent, ...request.headers } }, 'interactive'),
  });
  const explain = (host: string) => options.credentials.explain?.(host);
  const exchange = createExchange({ schemes, gated, authorizer, clock, addressClass, userAgent, log, explain });
  const blobs = createBlobs(exchange);
  const manifests = createManifests(exchange, clock);

  return {
    ...blobs,
    ...manifests,
    ...createListings(exchange),
    ...createReferrers(exchange, manifests),
    ...createUploads({ exchange, blobs, clock, log }),

    ping: createPing(exchange, authorizer),
    probe: createProbe(exchange),

    authorize: async (repositories, actions, request = {}) => {
      const caller = { identity: request.identity, signal: request.signal };
      const needs = repositories.map(actions === 'push' ? (r) => pushNeed(r) : pullNeed);
      for (const host of new Set(repositories.map((r) => r.host))) {
        if (authorizer.knows(host, request.identity)) continue;
        const answer = await exchange.greet(host, request);
        discard(answer.body);
        const challenges = parseChallenges(answer.headers['www-authenticate']);
        if (answer.status === 401 || (answer.status >= 200 && answer.status < 300))
          authorizer.challenged(host, request.identity, challenges, new URL(answer.url.origin));
      }
      await authorizer.prepare(needs, caller);
    },

    sessions: () => authorizer.sessions(),
    forget: (host) => authorizer.forget(host),
    forgetIdentities: (gone) => authorizer.forgetIdentities(gone),
    close: () => dispatcher.close(),
  };
}
