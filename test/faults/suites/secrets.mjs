/** R20: twelve secrets, planted where applications leak theirs; looked for wherever Spanport writes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, withDirectory } from '../support/children.mjs';
import { figure } from '../support/figures.mjs';
import { Vendor } from '../support/vendor.mjs';

const secrets = {
  apiKey: 'sk-proj-Qw3rTyUiOpAsDfGhJkLzXcVb01',
  urlPassword: 'hunter2ButLonger02',
  header: 'sk-svcacct-PlantedInAHeader000003',
  query: 'PlantedInTheQuery04',
  prompt: 'sk-ant-PlantedInThePrompt00000005',
  bearer: 'PlantedAsABearerToken.06',
  aws: 'AKIAPLANTEDINTEXT07Q',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoiMDgifQ.c2lnbmF0dXJlMDg',
  variable: 'ghp_PlantedInAVariable00000000000009',
  toolOutput: 'PlantedInToolOutput10',
  toolArguments: 'xoxb-PlantedInToolArguments-11',
  athinaKey: 'planted-as-the-key-of-a-vendor-12',
};

const completion = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini',
  choices: [
    { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: `No: ${secrets.prompt} is out.` } },
  ],
  usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 },
});
const refusal = JSON.stringify({
  error: { message: `Incorrect API key provided: ${secrets.apiKey}.`, type: 'invalid_request_error' },
});

const filesIn = (dir) => readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

export async function secretsFound() {
  const openai = await Vendor.start(({ text }) =>
    text.includes('refused') ? { status: 401, body: refusal } : { status: 200, body: completion },
  );
  const figures = [];
  try {
    for (const isDown of [false, true]) {
      const vendor = await Vendor.start();
      const { url } = vendor;
      if (isDown) await vendor.down();
      await withDirectory(async (dir) => {
        const { result, stdout, stderr, reports } = await run(
          'secrets',
          {
            url,
            dir,
            durability: 'batch',
            apiKey: secrets.athinaKey,
            openai: openai.url,
            secrets,
          },
          { env: { OTEL_LOG_LEVEL: 'debug', OPENAI_API_KEY: secrets.apiKey } },
        );
        const places = {
          'bodies at the vendor': vendor.requests.map(({ text, path }) => path + text).join('\n'),
          'files of the spool': filesIn(dir)
            .map(({ name, parentPath, path }) => readFileSync(join(parentPath ?? path, name), 'latin1'))
            .join('\n'),
          'stdout and stderr': stdout + stderr + reports,
        };
        const hits = Object.entries(places).flatMap(([place, text]) =>
          Object.entries(secrets)
            .filter(([, secret]) => text.includes(secret))
            .map(([name]) => `${name} in ${place}`),
        );
        const isReported =
          result?.reported > 0 &&
          (isDown ? places['files of the spool'] : places['bodies at the vendor']).includes('[masked]');
        figures.push(
          figure(
            'R20',
            `${Object.keys(secrets).length} planted secrets, vendor ${isDown ? 'down' : 'up'}: found`,
            '0',
            `${hits.length}${hits.length > 0 ? `: ${hits.join(', ')}` : ''}${isReported ? '' : ' (but nothing was enqueued)'}`,
            hits.length === 0 && isReported,
          ),
        );
      });
      if (!isDown) await vendor.down();
    }
  } finally {
    await openai.down();
  }
  return figures;
}
