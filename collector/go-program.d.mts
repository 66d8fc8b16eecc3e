export interface GoProgram {
  /** The binary if it was built before, else undefined. */
  find(): string | undefined;
  /** Builds the binary unless it exists. Resolves to its path. */
  build(): Promise<string>;
}

export function goProgram(program: {
  readonly name: string;
  readonly folder: string;
  readonly package?: string;
}): GoProgram;
