import type { NewId } from './ids.ts';
import type { SettledCall } from './tool-calls.ts';
import type { BuiltInCall, JsonObject } from './types.ts';

/** One entry of a step's `tool_calls`. */
export type StepCall = JsonObject & { readonly id: string; readonly type: string };

export const functionStepCall = ({ id, ...call }: SettledCall, output: string | null): StepCall => ({
  id,
  type: 'function',
  function: { ...call, output },
});

/** Assistants have two tools of their own; others (`web_search`, `mcp`) don't exist there. */
export function builtInStepCall(call: BuiltInCall, newId: NewId): StepCall | undefined {
  if (call.type === 'code_interpreter') {
    const outputs = call.logs === undefined ? [] : [{ type: 'logs', logs: call.logs }];
    return { id: newId('call_'), type: call.type, code_interpreter: { input: call.code, outputs } };
  }
  if (call.type !== 'file_search') return undefined;
  const results = (call.results ?? []).map(({ fileId, fileName, score, text }) => ({
    file_id: fileId,
    file_name: fileName,
    score,
    content: [{ type: 'text', text }],
  }));
  const ranking_options = { ranker: 'default_2024_08_21', score_threshold: 0 };
  return { id: newId('call_'), type: call.type, file_search: { ranking_options, results } };
}

/** How a built-in call is streamed: the code first, then what it printed. */
export function builtInDelta(call: StepCall): object[] {
  const { id, type } = call;
  const interpreter = call['code_interpreter'];
  if (!isInterpreter(interpreter)) return [{ index: 0, id, type, file_search: {} }];
  return [
    { index: 0, id, type, code_interpreter: { input: '', outputs: [] } },
    { index: 0, type, code_interpreter: { input: interpreter.input } },
    ...interpreter.outputs.map((output, index) => ({
      index: 0,
      type,
      code_interpreter: { outputs: [{ index, ...output }] },
    })),
  ];
}

const isInterpreter = (value: unknown): value is { input: string; outputs: object[] } =>
  typeof value === 'object' && value !== null && 'input' in value && 'outputs' in value;
