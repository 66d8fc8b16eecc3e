import OpenAI from 'openai';
import { instrumentOpenAI, start, withContext } from 'spanport';

// Once for each instance, outside the handler.
const spanport = start();
instrumentOpenAI(OpenAI);
const openai = new OpenAI();

/** The shape of AWS Lambda behind an HTTP endpoint. Cloud Functions and Vercel only differ in the arguments. */
export async function handler(event) {
  const { question, user } = JSON.parse(event.body);
  try {
    const { choices } = await withContext({ user: { id: user } }, () =>
      openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: question }] }),
    );
    return { statusCode: 200, body: JSON.stringify({ answer: choices[0].message.content }) };
  } finally {
    // The platform stops the instance as soon as the handler returns: what waits is sent before that.
    await spanport.forceFlush();
  }
}
