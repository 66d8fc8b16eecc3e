import { attribute } from './attributes.ts';

/** An OTLP request in which every field that a model, a tool or a sender controls holds an attack. */
export function hostileRequest(gateway: string): { readonly body: string; readonly text: string } {
  const take = 'window.taken=1;alert(1)';
  const attacks = [
    `<script>${take}</script>`,
    `<img src=x onerror="${take}">`,
    `<svg onload="${take}"><animate onbegin="${take}" attributeName=x dur=1s></svg>`,
    '![image](https://example.com/pixel.png)',
    `[link](javascript:${take})`,
    `<a href="data:text/html,<script>${take}</script>">data</a>`,
    `<style>body{background:url(https://example.com/style)}</style><div style="background:url(https://example.com/x)">x</div>`,
    `<iframe src="${gateway}/healthz"></iframe><form action="https://example.com"><input autofocus onfocus="${take}"></form>`,
    `<math><mtext></form><form><mglyph><style></math><img src onerror=${take}>`,
  ];
  const hostile = attacks.join('\n\n');
  const text = 'hostile question';
  const messages = (role: string, parts: readonly unknown[]): string => JSON.stringify([{ role, parts }]);
  const now = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: `chat ${attacks[0]}`,
    kind: 3,
    startTimeUnixNano: String(now - 1_000_000_000n),
    endTimeUnixNano: String(now),
    status: { code: 2, message: hostile },
    attributes: [
      attribute('gen_ai.operation.name', 'chat'),
      attribute('gen_ai.provider.name', attacks[1] ?? ''),
      attribute('gen_ai.request.model', attacks[1] ?? ''),
      attribute('gen_ai.response.model', attacks[2] ?? ''),
      attribute('gen_ai.response.id', attacks[0] ?? ''),
      attribute('gen_ai.conversation.id', attacks[1] ?? ''),
      attribute('user.id', attacks[0] ?? ''),
      attribute('gen_ai.prompt.name', attacks[2] ?? ''),
      attribute('error.type', attacks[0] ?? ''),
      attribute(`custom.${attacks[0]}`, hostile),
      attribute(
        'gen_ai.input.messages',
        messages('user', [
          { type: 'text', content: `${text}\n\n${hostile}` },
          { type: 'uri', modality: 'image', uri: 'https://example.com/image.png' },
          {
            type: 'blob',
            modality: 'image',
            mime_type: 'image/svg+xml',
            content: Buffer.from(attacks[2] ?? '').toString('base64'),
          },
        ]),
      ),
      attribute(
        'gen_ai.output.messages',
        messages('assistant', [
          { type: 'text', content: hostile },
          { type: 'reasoning', content: hostile },
          { type: 'tool_call', id: attacks[0], name: attacks[1], arguments: { [attacks[0] ?? '']: hostile } },
        ]),
      ),
    ],
    events: [{ timeUnixNano: String(now), name: attacks[0], attributes: [attribute('exception.message', hostile)] }],
  };
  const resource = { attributes: [attribute('service.name', attacks[1] ?? '')] };
  return {
    text,
    body: JSON.stringify({
      resourceSpans: [{ resource, scopeSpans: [{ scope: { name: attacks[0] }, spans: [span] }] }],
    }),
  };
}
