import { assistantRoutes } from './assistants.ts';
import { audioRoutes } from './audio.ts';
import { chatRoutes } from './chat.ts';
import { completionRoutes } from './completions.ts';
import type { Route } from './context.ts';
import { conversationRoutes } from './conversations.ts';
import { embeddingRoutes } from './embeddings.ts';
import { imageRoutes } from './images.ts';
import { apiPath, pathPattern } from './match.ts';
import { modelRoutes } from './models.ts';
import { moderationRoutes } from './moderations.ts';
import { responseRoutes } from './responses.ts';
import { runRoutes } from './runs.ts';
import { threadRoutes } from './threads.ts';
import type { SeenRequest } from './types.ts';

/** Order counts: `/threads/runs` before `/threads/:thread`. */
const routes = [
  chatRoutes,
  responseRoutes,
  conversationRoutes,
  completionRoutes,
  embeddingRoutes,
  moderationRoutes,
  imageRoutes,
  audioRoutes,
  modelRoutes,
  assistantRoutes,
  runRoutes,
  threadRoutes,
]
  .flat()
  .map((route) => ({
    route,
    pattern: pathPattern(route.path),
  }));

/** The requests that ask the model; they find their scripted replies themselves. */
const ASKS = new Set([
  'POST /chat/completions',
  'POST /completions',
  'POST /responses',
  'POST /threads/runs',
  'POST /threads/:thread/runs',
  'POST /threads/:thread/runs/:run/submit_tool_outputs',
]);

export function routeFor(
  request: SeenRequest,
): { route: Route; params: Record<string, string>; asks: boolean } | undefined {
  const path = apiPath(request.path);
  for (const { route, pattern } of routes) {
    const found = route.method === request.method ? pattern.exec(path) : null;
    if (found) {
      const params = Object.fromEntries(
        Object.entries(found.groups ?? {}).map(([name, part]) => [name, decodeURIComponent(part)]),
      );
      return { route, params, asks: ASKS.has(`${route.method} ${route.path}`) };
    }
  }
  return undefined;
}
