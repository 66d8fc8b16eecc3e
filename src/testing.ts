/** For tests of applications and of vendors: a server that plays OpenAI, and the rules that every vendor keeps. No dependencies. */
export { startFakeOpenAI } from './testing/fake-openai/index.ts';
export type * from './testing/fake-openai/types.ts';
export { fullInteraction, fullRun, interactionWithoutContent, oddInteractions } from './testing/sample-interactions.ts';
export type * from './testing/vendor-contract.ts';
export { vendorContract } from './testing/vendor-contract.ts';
