import { expect, it } from 'vitest';
import { z } from 'zod';
import { checked } from '../../src/vendors/route-parts.ts';

const body = z.object({
  id: z.string(),
  content: z.union([z.string(), z.array(z.object({ text: z.string() }))]),
});

it.each([
  ['a field', { content: 'x' }, 'id is missing.', 'id'],
  ['a field of several forms', { id: '1' }, 'content is missing.', 'content'],
  ['a field within one of its forms', { id: '1', content: [{}] }, 'content.0.text is missing.', 'content.0.text'],
  ['the body', undefined, 'The body is missing.', undefined],
])('names %s that is missing', (_, value, message, field) => {
  expect(() => checked(422, () => body.parse(value))).toThrow(expect.objectContaining({ status: 422, message, field }));
});

it('says of a field with no valid form that it is invalid', () => {
  expect(() => checked(400, () => body.parse({ id: '1', content: 5 }))).toThrow(
    expect.objectContaining({ message: 'content is invalid: it has none of the accepted forms.' }),
  );
});
