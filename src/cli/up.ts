import type { Gateway } from '../gateway/gateway.ts';
import { IdleCollection } from '../store/idle-collection.ts';
import type { Command } from './command.ts';
import { demoWithPage } from './demo/with-page.ts';
import { DEFAULT_PORT, optionsFrom, startOrExplain } from './gateway-start.ts';
import { untilSignal } from './until-signal.ts';

const command: Command = {
  meta: { name: 'up', description: 'Start the gateway: receive traces, keep them, show them' },
  args: {
    port: {
      type: 'string',
      description: `Port to listen on, 0 for any free one; else ${DEFAULT_PORT}`,
      valueHint: 'PORT',
    },
    'grpc-port': {
      type: 'string',
      description: `Port for OTLP over gRPC, 0 for any free one; else 4317 with port ${DEFAULT_PORT}, and none with another`,
      valueHint: 'PORT',
    },
    host: {
      type: 'string',
      description: 'Address to listen on; any but loopback needs --token',
      default: '127.0.0.1',
      valueHint: 'ADDRESS',
    },
    data: { type: 'string', description: 'Folder for the data; else the user’s own', valueHint: 'FOLDER' },
    token: { type: 'string', description: 'Required of every request; else SPANPORT_TOKEN', valueHint: 'TOKEN' },
    'allow-host': {
      type: 'string',
      description: 'Further host names under which it is reached, separated by commas',
      valueHint: 'NAMES',
    },
    forward: {
      type: 'string',
      description: 'Send everything on, such as athina,inkeep; else SPANPORT_FORWARD',
      valueHint: 'NAMES',
    },
    'max-age-days': { type: 'string', description: 'Remove older data', default: '30', valueHint: 'DAYS' },
    'max-size-mb': {
      type: 'string',
      description: 'Remove the oldest beyond this size',
      default: '2000',
      valueHint: 'MB',
    },
    demo: {
      type: 'boolean',
      description: 'Fill it with a conversation and an assistant run; nothing leaves this machine',
    },
    once: { type: 'boolean', description: 'With --demo: end when the demo is done' },
    json: { type: 'boolean', description: 'With --demo: print the demo as one JSON document and nothing else' },
    verbose: { type: 'boolean', description: 'With --demo and --json: print the progress on stderr' },
    full: { type: 'boolean', description: 'With --demo: show every payload, in full length' },
    live: { type: 'boolean', description: 'With --demo: send also to the vendors whose keys are set' },
    model: { type: 'string', description: 'With --demo: the model to chat with', valueHint: 'NAME' },
  },
  examples: ['spanport up', 'spanport up --port 4400 --data ./traces', 'spanport up --forward athina,inkeep'],
  async run({ args }): Promise<void> {
    if (args['demo']) return demoWithPage(args);
    const options = optionsFrom(args);
    // Applications find a gateway on a fixed port by themselves. With port 0 a program started it for its own use.
    await up(await startOrExplain({ ...options, discoverable: options.port !== 0 }));
  },
};
export default command;

async function up(gateway: Gateway): Promise<void> {
  // Signals are handled before the address is printed: a program that reads it may end the gateway at once.
  const ended = untilSignal();
  new IdleCollection().start();
  process.stdout.write(`Spanport listens at ${gateway.url}\n`);
  process.stdout.write(`Send traces: OTEL_EXPORTER_OTLP_ENDPOINT=${gateway.url}\n`);
  if (gateway.grpcUrl) process.stdout.write(`Over gRPC:   OTEL_EXPORTER_OTLP_ENDPOINT=${gateway.grpcUrl}\n`);
  await ended;
  await gateway.close();
}
