import OpenAI from 'openai';
import { withContext } from 'spanport';

export const dynamic = 'force-dynamic';

export async function GET(request) {
  const question = new URL(request.url).searchParams.get('question') ?? 'Is the shop open on Sunday?';
  const { choices } = await withContext({ user: { id: 'u-17' } }, () =>
    new OpenAI().chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: question }] }),
  );
  return Response.json({ answer: choices[0].message.content });
}
