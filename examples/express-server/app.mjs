import express from 'express';
import OpenAI from 'openai';
import { instrumentOpenAI, start, withContext } from 'spanport';

const spanport = start();
instrumentOpenAI(OpenAI);

const openai = new OpenAI();
const app = express();
app.use(express.json());

// Every call to the model within a request belongs to the request's user and conversation.
app.use((request, _, next) => {
  const { user, conversation } = request.body ?? {};
  withContext({ ...(user && { user: { id: user } }), ...(conversation && { conversationId: conversation }) }, next);
});

app.post('/chat', async (request, response) => {
  const { choices } = await openai.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: request.body.question }],
  });
  response.json({ answer: choices[0].message.content });
});

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  const { port } = server.address();
  console.log(`Ask: curl -H 'content-type: application/json' http://127.0.0.1:${port}/chat \\`);
  console.log(`  -d '{"question":"Is the shop open on Sunday?","user":"u-17","conversation":"visit-1"}'`);
  console.log('Then look for the conversation visit-1 on the page of `npx spanport up`, http://127.0.0.1:4318.');
});

// A server that ends by a signal waits for what is still to be sent.
process.once('SIGTERM', () => server.close(() => spanport.shutdown()));
