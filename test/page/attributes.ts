/** An attribute with a text, as OTLP writes it in JSON. */
export const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

/** One message of one text, as the value of `gen_ai.input.messages` and `gen_ai.output.messages`. */
export const messages = (role: string, content: string): string =>
  JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);
