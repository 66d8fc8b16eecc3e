import { type HttpAnswer, json } from './answer.ts';
import type { Assistant } from './assistants-wire.ts';
import { bodyOf, type Context, type Route } from './context.ts';
import { requiredModel } from './models.ts';
import { page, stored } from './paging.ts';
import type { PresetAssistant } from './types.ts';

/** `/assistants` */
export const assistantRoutes: readonly Route[] = [
  { method: 'POST', path: '/assistants', handle: create },
  {
    method: 'GET',
    path: '/assistants',
    handle: ({ state, request }) => json(page([...state.assistants.values()], request.query)),
  },
  { method: 'GET', path: '/assistants/:assistant', handle: (context) => json(assistantOf(context)) },
  { method: 'POST', path: '/assistants/:assistant', handle: update },
  { method: 'DELETE', path: '/assistants/:assistant', handle: remove },
];

const assistantOf = ({ state, params }: Context): Assistant =>
  stored(state.assistants, params['assistant'], 'assistant');

/** An assistant as the API completes it. */
export const newAssistant = (id: string, seconds: number, body: Partial<Assistant>): Assistant => ({
  id,
  object: 'assistant',
  created_at: seconds,
  name: body.name ?? null,
  description: body.description ?? null,
  model: body.model ?? 'gpt-4o-mini',
  instructions: body.instructions ?? null,
  tools: body.tools ?? [],
  top_p: body.top_p ?? 1,
  temperature: body.temperature ?? 1,
  reasoning_effort: body.reasoning_effort ?? null,
  tool_resources: body.tool_resources ?? {},
  metadata: body.metadata ?? {},
  response_format: body.response_format ?? 'auto',
});

export const presetAssistant = ({ id, ...preset }: PresetAssistant, seconds: number): Assistant =>
  newAssistant(id, seconds, preset);

function create(context: Context): HttpAnswer {
  const body = bodyOf<Assistant>(context);
  requiredModel(body.model);
  const assistant = newAssistant(context.newId('asst_'), context.seconds(), body);
  context.state.assistants.set(assistant.id, assistant);
  return json(assistant);
}

function update(context: Context): HttpAnswer {
  const { id, created_at } = assistantOf(context);
  const assistant = newAssistant(id, created_at, { ...assistantOf(context), ...bodyOf<Assistant>(context) });
  context.state.assistants.set(id, assistant);
  return json(assistant);
}

function remove(context: Context): HttpAnswer {
  const { id } = assistantOf(context);
  context.state.assistants.delete(id);
  return json({ id, object: 'assistant.deleted', deleted: true });
}
