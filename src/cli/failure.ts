/** Ends a command. The message is one sentence for the user: what is wrong and what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
  /** 1: it could not be done. 2: it was asked for wrongly. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
