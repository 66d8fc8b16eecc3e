/** Runs a program against an embedded fake of OpenAI: node examples/no-key.mjs [node options] program.mjs */
import { spawn } from 'node:child_process';
import { startFakeOpenAI } from 'spanport/testing';

const fake = await startFakeOpenAI();
const program = spawn(process.execPath, process.argv.slice(2), {
  env: { ...process.env, OPENAI_BASE_URL: fake.baseURL, OPENAI_API_KEY: 'fake' },
  stdio: 'inherit',
});
program.on('close', async (code) => {
  await fake.close();
  process.exitCode = code ?? 1;
});
