// The scenarios as an application writes them with the `openai` package.
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
};

export function scenariosOf(OpenAI) {
  const clientAt = (baseURL) => new OpenAI({ apiKey: 'test', baseURL, maxRetries: 0 });
  return {
    chat: (url) =>
      clientAt(url).chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [
          { role: 'system', content: 'You are a travel agent.' },
          { role: 'user', content: 'What is the capital of Portugal?' },
        ],
        temperature: 0.2,
        max_tokens: 64,
      }),
    stream: async (url) => {
      const stream = await clientAt(url).chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'Is it sunny in Lisbon?' }],
        stream: true,
        stream_options: { include_usage: true },
      });
      for await (const _ of stream);
    },
    tools: async (url) => {
      const client = clientAt(url);
      const messages = [{ role: 'user', content: 'How is the weather in Lisbon?' }];
      const first = await client.chat.completions.create({ model: 'gpt-4o-mini', messages, tools: [weather] });
      const answer = first.choices[0].message;
      messages.push(answer, {
        role: 'tool',
        tool_call_id: answer.tool_calls[0].id,
        content: JSON.stringify({ sky: 'clear' }),
      });
      await client.chat.completions.create({ model: 'gpt-4o-mini', messages, tools: [weather] });
    },
    error: (url) =>
      clientAt(url).chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'What is the capital of Portugal?' }],
      }),
    embeddings: (url) =>
      clientAt(url).embeddings.create({ model: 'text-embedding-3-small', input: 'Lisbon', encoding_format: 'float' }),
    responses: (url) =>
      clientAt(url).responses?.create({
        model: 'gpt-4o-mini',
        instructions: 'You are a travel agent.',
        input: 'What is the capital of Portugal?',
        temperature: 0.2,
        max_output_tokens: 64,
      }),
  };
}
