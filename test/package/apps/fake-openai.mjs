// Prints the base URL of a fake OpenAI server and serves until stdin ends.
import { startFakeOpenAI } from 'spanport/testing';

const fake = await startFakeOpenAI();
console.log(fake.baseURL);
process.stdin.resume().once('end', () => fake.close());
