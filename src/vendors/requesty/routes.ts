import { bearerKeyOf, checked, dated, written } from '../route-parts.ts';
import type { Route, RouteAnswer, RouteFailure, RouteRequest, RouteStep, VendorRoutes } from '../routes.ts';
import { decode } from './decode.ts';

/** Requesty's intake. Its client repeats a PUT, which changes nothing: the ids of an interaction are those of its body. */
const log = (request: RouteRequest): RouteStep => {
  const interactions = checked(422, () => decode(request.body));
  return written(
    { interactions: interactions.map((interaction) => dated(interaction, request.receivedAt)) },
    { status: 200, body: { success: true } },
  );
};

const methods = ['PUT', 'POST'] as const;

export const routes: VendorRoutes = {
  routes: methods.map((method): Route => ({ method, path: '/insight', handle: log })),
  authorize(request, keys) {
    const key = bearerKeyOf(request);
    if (key !== undefined && keys.accepts(key)) return undefined;
    return errorAnswer({ status: 401, message: 'The API key in the Authorization header is missing or invalid.' });
  },
  errorAnswer,
};

function errorAnswer({ status, message, field }: RouteFailure): RouteAnswer {
  return { status, body: { success: false, error: message, ...(field !== undefined && { field }) } };
}
