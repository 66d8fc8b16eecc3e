/** One fake server for each scenario, with the same answers whoever asks. */

const weather = { toolCalls: [{ id: 'call_weather', name: 'get_weather', arguments: { city: 'Lisbon' } }] };
const usage = { inputTokens: 24, outputTokens: 9, cachedTokens: 8, reasoningTokens: 2 };

const scripts = {
  chat: [{ text: 'Lisbon.', usage }],
  stream: [{ text: 'Yes, it is sunny.', usage }],
  tools: [
    { ...weather, usage },
    { text: 'The sky is clear.', usage },
  ],
  error: [],
  embeddings: [
    {
      json: {
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.25, 0.125] }],
        model: 'text-embedding-3-small',
        usage: { prompt_tokens: 2, total_tokens: 2 },
      },
    },
  ],
  responses: [{ text: 'Lisbon.', usage }],
  object: [{ text: '{"capital":"Lisbon"}', usage }],
};

/**
 * @param startFakeOpenAI of `spanport/testing`, built or not
 * @returns the base URL of each scenario, and what closes them all
 */
export async function startExchanges(startFakeOpenAI) {
  const servers = await Promise.all(
    Object.entries(scripts).map(async ([name, script]) => {
      const server = await startFakeOpenAI({ seed: name, now: () => 1_760_000_000_000 });
      for (const reply of script) server.reply(reply, name === 'embeddings' ? { match: '/embeddings' } : {});
      if (name === 'error')
        server.fault({ status: 429, error: { message: 'Slow down.', code: 'rate_limit_exceeded' }, times: Infinity });
      return [name, server];
    }),
  );
  return {
    urls: Object.fromEntries(servers.map(([name, { baseURL }]) => [name, baseURL])),
    close: () => Promise.all(servers.map(([, server]) => server.close())),
  };
}
