/** A stream as the SDK returns it. */
export type ReadableStream = AsyncIterable<unknown> & { readonly controller: AbortController };

/** The ways in which a stream ends. Each returns the number of chunks that it read. */
export const streamReaders: readonly (readonly [name: string, read: (stream: ReadableStream) => Promise<number>])[] = [
  [
    'read to its end',
    async (stream) => {
      let read = 0;
      for await (const _ of stream) read += 1;
      return read;
    },
  ],
  [
    'left early',
    async (stream) => {
      let read = 0;
      for await (const _ of stream) if (++read === 3) break;
      return read;
    },
  ],
  [
    'aborted',
    async (stream) => {
      let read = 0;
      for await (const _ of stream) if (++read === 2) stream.controller.abort();
      return read;
    },
  ],
];
