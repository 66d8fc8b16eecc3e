import { expect, it, vi } from 'vitest';
import { diag } from '../../src/diagnostics/diag.ts';
import { onProcessEnd } from '../../src/start/process-end.ts';

it('calls the other functions when one throws, and throws nothing into the process', () => {
  const report = vi.spyOn(diag, 'error').mockReturnValue();
  const second = vi.fn();
  const undo = [
    onProcessEnd(() => {
      throw new Error('broken');
    }),
    onProcessEnd(second),
  ];
  process.emit('beforeExit', 0);
  for (const each of undo) each();
  expect(second).toHaveBeenCalledTimes(1);
  expect(report).toHaveBeenCalledTimes(1);
});
