import { bearerKeyOf } from '../route-parts.ts';
import type { RouteAnswer, RouteFailure, VendorRoutes } from '../routes.ts';
import { conversationRoutes } from './conversation-routes.ts';
import { feedbackRoutes } from './feedback-routes.ts';
import { queryRoutes } from './query-routes.ts';

export const routes: VendorRoutes = {
  routes: [...conversationRoutes, ...feedbackRoutes, ...queryRoutes],
  authorize(request, keys) {
    const key = bearerKeyOf(request);
    if (key !== undefined && keys.accepts(key)) return undefined;
    return errorAnswer({ status: 401, message: 'The API key in the Authorization header is missing or invalid.' });
  },
  errorAnswer,
};

/** Inkeep's codes. Any other 4xx is a bad request to its SDK, any other 5xx a failure of the server. */
const codes: ReadonlyMap<number, readonly [code: string, title: string]> = new Map([
  [401, ['unauthorized', 'Unauthorized']],
  [403, ['forbidden', 'Forbidden']],
  [404, ['not_found', 'Not Found']],
  [422, ['unprocessable_entity', 'Unprocessable Entity']],
]);

/** RFC 7807. The SDK creates typed errors only for this content type. */
function errorAnswer({ status, message, field }: RouteFailure): RouteAnswer {
  const [code, title] =
    codes.get(status) ??
    (status >= 500 ? ['internal_server_error', 'Internal Server Error'] : ['bad_request', 'Bad Request']);
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: { title, status, detail: message, code, error: { code, message }, ...(field !== undefined && { field }) },
  };
}
