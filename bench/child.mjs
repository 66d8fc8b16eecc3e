/**
 * One subject and one case in a process of their own: `child.mjs '{"subject": …, "case": …, …}'`. The result is one
 * line of JSON.
 */
import { writeSync } from 'node:fs';
import { clientOf, loadOpenAI } from './support/client.mjs';

const task = JSON.parse(process.argv[2]);
const { begin } = await import(`./subjects/${task.subject.module}.mjs`);
const subject = await begin({ ...task.subject.options, ...task.options });
const OpenAI = loadOpenAI(process.env.BENCH_OPENAI ?? import.meta.url);

const { run } = await import(`./cases/${task.case}.mjs`);
const figures = await run({
  ...task,
  client: (fetch) => {
    const client = clientOf(OpenAI, fetch);
    return subject.wrap ? subject.wrap(client) : client;
  },
  around: subject.around ?? ((call) => call()),
  flush: async () => subject.flush?.(),
  seen: () => subject.seen?.(),
  stats: () => subject.stats?.(),
});
writeSync(1, `\nRESULT ${JSON.stringify(figures)}\n`);
process.exit();
