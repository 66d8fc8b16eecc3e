/** Always over its own transport, to the sink: there is no switch that ends it before the wire. */
import { require } from './otel-sdk.mjs';

export function begin({ transportSink }) {
  const { initLogger, wrapOpenAI } = require('braintrust');
  const logger = initLogger({ projectName: 'bench', apiKey: 'bench', appUrl: transportSink, asyncFlush: true });
  return { wrap: (openai) => wrapOpenAI(openai), flush: () => logger.flush() };
}
