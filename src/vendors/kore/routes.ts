import type { Condition } from '../route-conditions.ts';
import { answered, bearerKeyOf, checked, paramOf, written } from '../route-parts.ts';
import {
  type ClientKeys,
  type Route,
  type RouteAnswer,
  RouteError,
  type RouteFailure,
  type RouteRequest,
  type RouteStep,
  type VendorRoutes,
} from '../routes.ts';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import { usageQueryFrom } from './usage-query.ts';

/** The samples in the documentation use both paths. */
const paths = ['/api/1.1/public/bot/:botId/getLLMUsageLogs', '/1.1/public/bot/:botId/getLLMUsageLogs'];

export const routes: VendorRoutes = {
  routes: [
    ...paths.map((path): Route => ({ method: 'POST', path, handle: usageLogs })),
    // Not in Kore's API, which takes no records: what our own exporter posts to an output that is a URL.
    { method: 'POST', path: '/records', handle: records },
  ],
  async authorize(request, keys) {
    const token = request.headers['auth'];
    const key = bearerKeyOf(request);
    const isAccepted = token === undefined ? key !== undefined && keys.accepts(key) : await isSigned(token, keys);
    return isAccepted
      ? undefined
      : errorAnswer({ status: 401, message: 'The JWT in the header auth is missing or invalid.' });
  },
  errorAnswer,
};

function errorAnswer({ status, message, field }: RouteFailure): RouteAnswer {
  return { status, body: { errors: [{ msg: message, code: status, ...(field !== undefined && { field }) }] } };
}

/** A bare list, newest first. It has no total: a client reads on until a page is not full. */
function usageLogs(request: RouteRequest): RouteStep {
  const botId = paramOf(request, 'botId');
  const query = checked(400, () => usageQueryFrom(request.body, botId));
  return withBot(botId, () => ({
    kind: 'interactions',
    query,
    next: ({ items }) =>
      answered(
        200,
        items.flatMap((interaction) => encode(interaction, { botId })).map(({ payload }) => payload),
      ),
  }));
}

/**
 * A bot is known when a call names it. As long as no call names any bot, everything belongs to the requested bot,
 * under whatever id.
 */
function withBot(botId: string, next: () => RouteStep): RouteStep {
  const anyOf = (where: Condition, then: (isFound: boolean) => RouteStep): RouteStep => ({
    kind: 'interactions',
    query: { where, limit: 1 },
    next: ({ items }) => then(items.length > 0),
  });
  return anyOf({ field: 'botId', in: [botId] }, (isKnown) =>
    isKnown
      ? next()
      : anyOf({ field: 'botId', isAbsent: false }, (hasBots) => {
          if (hasBots) throw new RouteError(404, 'There is no bot with this id.', 'botId');
          return next();
        }),
  );
}

function records({ body }: RouteRequest): RouteStep {
  const list: readonly unknown[] = Array.isArray(body) ? body : [body];
  const interactions = checked(400, () => list.flatMap((record) => decode(record)));
  return written({ interactions }, { status: 200, body: { received: interactions.length } });
}

/** How far the clock of a client may be from this machine's. */
const SKEW_SECONDS = 30;

/** Whether the JWT is signed with HS256 and a secret of the client that it names, and valid now. */
async function isSigned(token: string, keys: ClientKeys): Promise<boolean> {
  const { decodeJwt, jwtVerify } = await import('jose');
  const claimed = (): unknown => {
    const { appId, iss } = decodeJwt(token);
    return appId ?? iss;
  };
  try {
    const clientId = claimed();
    if (typeof clientId !== 'string') return false;
    for (const secret of keys.secretsOf(clientId)) {
      const key = new TextEncoder().encode(secret);
      const isValid = await jwtVerify(token, key, { algorithms: ['HS256'], clockTolerance: SKEW_SECONDS }).then(
        () => true,
        () => false,
      );
      if (isValid) return true;
    }
  } catch {
    // Not a JWT.
  }
  return false;
}
