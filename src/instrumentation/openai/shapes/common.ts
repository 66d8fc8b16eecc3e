import type { Shape } from '../../inference.ts';
import { readRequest } from '../readers/parameters.ts';
import { serverOf } from '../server.ts';
import { StreamUsage } from '../stream-usage.ts';

/** What every method of OpenAI's API has in common. */
export const common = { server: serverOf, readRequest } satisfies Partial<Shape>;

/** Of chat completions and completions, whose streams report their usage only when asked. */
export const askForUsage: NonNullable<Shape['askForUsage']> = (body, options, { baseURL = '' }) =>
  StreamUsage.of(body, options, baseURL);
