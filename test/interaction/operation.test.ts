import { describe, expect, it } from 'vitest';
import { isInference, isInWords, isModelRequest, OPERATION, operationKind } from '../../src/interaction/operation.ts';

describe('the table of operations', () => {
  it('has a kind for every operation that is written', () => {
    for (const name of Object.values(OPERATION)) expect(operationKind(name), name).toBeDefined();
    expect(operationKind('dance')).toBeUndefined();
    expect(operationKind(undefined)).toBeUndefined();
  });

  it('knows which operations are answered in words', () => {
    const inWords = Object.values(OPERATION).filter(isInWords);
    expect(inWords).toEqual(['chat', 'text_completion', 'generate_content', 'invoke_agent']);
    expect(Object.values(OPERATION).filter(isInference)).toEqual(['chat', 'text_completion', 'generate_content']);
  });

  it('makes a request of each call to a model and of nothing else', () => {
    expect(Object.values(OPERATION).filter((name) => !isModelRequest(name))).toEqual([
      'create_agent',
      'invoke_agent',
      'execute_tool',
      'retrieval',
    ]);
  });
});
