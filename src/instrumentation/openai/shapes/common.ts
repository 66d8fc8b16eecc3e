import type { Shape } from '../../inference.ts';
import { readRequest } from '../readers/parameters.ts';
import { serverOf } from '../server.ts';
import { StreamUsage } from '../stream-usage.ts';

/** What every method of OpenAI's API has in common. */
export const common = { server: serverOf, readRequest } satisfies Partial<Shape>;

/** For chat completions and completions, whose streams report usage only on request. */
export const requestUsage: NonNullable<Shape['requestUsage']> = (body, options, { baseURL = '' }) =>
  StreamUsage.of(body, options, baseURL);
