import { observeOpenAI } from '@langfuse/openai';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

new NodeTracerProvider().register();
// It wraps clients, not the package.
globalThis.neighbour = { wrapClient: (client) => observeOpenAI(client) };
