import { type HttpAnswer, HttpError, json } from './answer.ts';
import type { Context, Route } from './context.ts';

/** A bare name answers under its dated one, as the API does. */
const DATED: Readonly<Record<string, string>> = {
  'gpt-3.5-turbo': 'gpt-3.5-turbo-0125',
  'gpt-4': 'gpt-4-0613',
  'gpt-4-turbo': 'gpt-4-turbo-2024-04-09',
  'gpt-4o': 'gpt-4o-2024-08-06',
  'gpt-4o-mini': 'gpt-4o-mini-2024-07-18',
  'gpt-4.1': 'gpt-4.1-2025-04-14',
  'gpt-4.1-mini': 'gpt-4.1-mini-2025-04-14',
  'gpt-4.1-nano': 'gpt-4.1-nano-2025-04-14',
  'gpt-5': 'gpt-5-2025-08-07',
  'gpt-5-mini': 'gpt-5-mini-2025-08-07',
  'gpt-5-nano': 'gpt-5-nano-2025-08-07',
  o1: 'o1-2024-12-17',
  o3: 'o3-2025-04-16',
  'o3-mini': 'o3-mini-2025-01-31',
  'o4-mini': 'o4-mini-2025-04-16',
};

export const answeringModel = (requested: string): string => DATED[requested] ?? requested;

/** The model of a request; without one the API refuses. */
export function requiredModel(model: unknown): string {
  if (typeof model === 'string' && model !== '') return model;
  throw new HttpError(400, 'you must provide a model parameter', { type: 'invalid_request_error' });
}

const model = (id: string): object => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'system' });

const list = (): HttpAnswer => json({ object: 'list', data: Object.keys(DATED).map(model) });
const retrieve = ({ params }: Context): HttpAnswer => json(model(params['model'] ?? ''));

export const modelRoutes: readonly Route[] = [
  { method: 'GET', path: '/models', handle: list },
  { method: 'GET', path: '/models/:model', handle: retrieve },
];
