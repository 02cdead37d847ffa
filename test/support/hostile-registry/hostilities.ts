import {
  answerWith,
  basicAuth,
  bearerAuth,
  type BearerAuthOptions,
  type Behaviour,
  behaviour,
  failure,
  htmlAnswers,
  json,
  ODD_CHALLENGES,
  redirect,
  redirectLoop,
  redirectToOrigin,
  spoil,
} from '../misbehaving-registry/index.ts';
import { FORBIDDEN_ORIGINS, type World } from './worlds.ts';

/** One way for a registry to be after what is not its own. */
export interface Hostility {
  name: string;
  behaviours(world: World): readonly Behaviour[];
  /** The trap may be reached; never with a secret. */
  follows?: boolean;
  /** The trap is the registry's token server by rules that honest ones need too: the registry's own secret may go there. */
  ownsTrap?: (world: World) => boolean;
  /** Its own secret has to arrive, of whatever kind. */
  getsOwn?: boolean;
}

const asking: BearerAuthOptions = { credentials: { username: 'somebody', password: 'else' } };
/** Docker's token auth at the registry itself. */
const open = ({ origin }: World, options: BearerAuthOptions = {}): Behaviour =>
  bearerAuth({ realm: `${origin}/token`, ...options });
const EVERYTHING = {};

const redirects: Hostility[] = [
  {
    name: 'redirects everything to another host',
    follows: true,
    behaviours: (w) => [open(w), redirectToOrigin(w.trapOrigin, EVERYTHING)],
  },
  {
    name: 'redirects everything, token requests included, to another host',
    follows: true,
    behaviours: (w) => [redirectToOrigin(w.trapOrigin, { kind: 'token' }), open(w)],
  },
  {
    name: 'asks for a password, then redirects to another host',
    follows: true,
    behaviours: (w) => [
      behaviour(EVERYTHING, (request, next) =>
        request.headers.authorization === undefined
          ? Promise.resolve(failure(401, 'UNAUTHORIZED', 'who?', { 'www-authenticate': 'Basic realm="x"' }))
          : next(),
      ),
      redirectToOrigin(w.trapOrigin, EVERYTHING),
    ],
  },
  {
    name: 'redirects to another port and down to http',
    follows: true,
    behaviours: (w) => [open(w), redirectToOrigin(w.plainTrapOrigin, EVERYTHING)],
  },
  {
    name: 'redirects with a user name in the address',
    behaviours: (w) => [open(w), redirectToOrigin(w.trapOrigin.replace('//', '//user:pw@'), EVERYTHING)],
  },
  {
    name: 'redirects to what is no web address',
    behaviours: (w) => [open(w), redirect({ to: 'file:///etc/passwd', on: EVERYTHING })],
  },
  { name: 'redirects in circles', behaviours: (w) => [open(w), redirectLoop({ kind: ['blob', 'manifest', 'tags'] })] },
  {
    name: 'sends uploads to another host',
    follows: true,
    behaviours: (w) => [
      open(w),
      spoil({ kind: 'upload', method: 'POST' }, (answer) => {
        const { location } = answer.headers;
        if (typeof location === 'string') answer.headers.location = `${w.trapOrigin}${location}`;
        return answer;
      }),
    ],
  },
  {
    name: 'names a next page on another host',
    behaviours: (w) => [
      open(w),
      spoil({ kind: ['tags', 'catalog'] }, (answer, request) => {
        answer.headers.link = `<${w.trapOrigin}${request.path}?n=1&last=z>; rel="next"`;
        return answer;
      }),
    ],
  },
  ...FORBIDDEN_ORIGINS.map((origin): Hostility => ({
    name: `redirects to ${origin}`,
    behaviours: (w) => [open(w), redirectToOrigin(origin, EVERYTHING)],
  })),
];

const realms: Hostility[] = [
  {
    name: 'names another host of its kind as its token server',
    follows: true,
    ownsTrap: () => true,
    behaviours: (w) => [open(w, { ...asking, realm: `${w.trapOrigin}/token` })],
  },
  {
    name: 'names a token server without TLS',
    follows: true,
    ownsTrap: (w) => w.plainTrapOrigin === w.trapOrigin,
    behaviours: (w) => [open(w, { ...asking, realm: `${w.plainTrapOrigin}/token` })],
  },
  ...FORBIDDEN_ORIGINS.map((origin): Hostility => ({
    name: `names ${origin} as its token server`,
    behaviours: (w) => [open(w, { ...asking, realm: `${origin}/token` })],
  })),
  ...FORBIDDEN_ORIGINS.slice(0, 3).map((origin): Hostility => ({
    name: `names ${origin.replace('https', 'http')} as its token server`,
    behaviours: (w) => [open(w, { ...asking, realm: `${origin.replace('https', 'http')}/token` })],
  })),
  {
    name: 'names a new token server with every answer',
    behaviours: (w) => {
      let n = 0;
      return [
        open(w, {
          ...asking,
          challenge: (honest) => honest.replace(/realm="[^"]*"/, `realm="https://n${String((n += 1))}.example/token"`),
        }),
      ];
    },
  },
];

const challenges: Hostility[] = Object.entries(ODD_CHALLENGES).map(([name, challenge]) => ({
  name: `challenges oddly (${name})`,
  behaviours: (w) => [open(w, { ...asking, challenge: () => challenge })],
}));

const scopes: Hostility[] = [
  'repository:*:*',
  'repository:other/private:pull',
  'repository:team/pkg:pull,push,delete repository:other/private:pull',
  'registry:catalog:*',
  '',
].map((scope) => ({
  name: `asks for the scope ${JSON.stringify(scope)}`,
  behaviours: (w) => [open(w, { scope: () => scope, neverSatisfied: true })],
}));

const tokens: Hostility[] = (
  [
    ['a token that never says when it ends', { token: 'x'.repeat(20) }],
    ['a token that ended long ago', { token: 'x'.repeat(20), expires_in: -5, issued_at: '1999-01-01T00:00:00Z' }],
    ['a token for ever', { token: 'x'.repeat(20), expires_in: 1e300 }],
    ['a token with a header in it', { token: 'x\r\nX-Evil: yes' }],
    ['a token that is none', { token: { a: 1 }, access_token: 7 }],
    ['a token of megabytes', { token: 'x'.repeat(1_100_000) }],
    ['a new refresh token that nobody asked for', { token: 'x'.repeat(20), refresh_token: 'planted' }],
  ] as const
).map(([name, document]) => ({
  name: `gives ${name}`,
  behaviours: (w) => [answerWith(json(200, document), { kind: 'token' }), open(w)],
}));

/** Repeats to its clients what they said, also when they have stopped saying it. */
const echo = (status: number): Behaviour => {
  let heard: string | undefined;
  return behaviour(EVERYTHING, (request, next) => {
    heard = request.headers.authorization ?? heard;
    if (heard === undefined) return next();
    const decoded = Buffer.from(heard.split(' ')[1] ?? '', 'base64').toString('latin1');
    const plain = decoded.slice(decoded.indexOf(':') + 1);
    return Promise.resolve(failure(status, `EXPIRED ${plain}`, `${'.'.repeat(150)}${heard} (${plain}) expired`));
  });
};

const answers: Hostility[] = [
  { name: 'never takes a token', getsOwn: true, behaviours: (w) => [open(w, { neverSatisfied: true })] },
  { name: 'never takes a password', behaviours: () => [basicAuth({ username: 'somebody', password: 'else' })] },
  {
    name: 'wants Basic and Bearer in turn',
    behaviours: (w) => {
      let n = 0;
      const next = (): string =>
        (n += 1) % 2 === 0 ? 'Basic realm="x"' : `Bearer realm="${w.origin}/token",service="s"`;
      return [open(w, { neverSatisfied: true, challenge: next })];
    },
  },
  { name: 'answers HTML', behaviours: () => [htmlAnswers({ status: 200 })] },
  {
    name: 'answers HTML to token requests',
    behaviours: (w) => [htmlAnswers({ status: 200, on: { kind: 'token' } }), open(w)],
  },
  { name: 'answers 401 as HTML', behaviours: () => [htmlAnswers({ status: 401 })] },
  {
    name: 'is out of order in HTML',
    behaviours: (w) => [htmlAnswers({ status: 502, on: { kind: ['blob', 'tags'] } }), open(w)],
  },
  { name: 'repeats what it is told', behaviours: (w) => [echo(403), open(w)] },
  {
    name: 'repeats what it is told with a password',
    behaviours: () => [echo(403), basicAuth({ username: 'somebody', password: 'else' })],
  },
  {
    name: 'calls a token expired, and repeats it',
    behaviours: () => [echo(400), basicAuth({ username: 'somebody', password: 'else' })],
  },
];

export const HOSTILITIES: readonly Hostility[] = [
  ...redirects,
  ...realms,
  ...challenges,
  ...scopes,
  ...tokens,
  ...answers,
];
