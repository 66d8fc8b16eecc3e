/** For tests of applications and of vendors: a server that plays OpenAI. No dependencies. */
export { startFakeOpenAI } from './testing/fake-openai/index.ts';
export type * from './testing/fake-openai/types.ts';
