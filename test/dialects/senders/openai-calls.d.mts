import type OpenAI from 'openai';

export function scenariosOf(client: typeof OpenAI): Readonly<Record<string, (url: string) => Promise<unknown>>>;
