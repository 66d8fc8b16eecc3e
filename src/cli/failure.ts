/** Ends a command. The message is one sentence for the user: what is wrong and what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
  /** 1: the command failed. 2: its arguments are wrong. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
