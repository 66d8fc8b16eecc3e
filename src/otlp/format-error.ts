/** Input that is not the OTLP it claims to be. The message names the field or the line. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
