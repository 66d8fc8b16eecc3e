export interface Server {
  readonly name: string;
  readonly pid: number;
  readonly ended: Promise<number | null>;
  /** The last lines that the server wrote. */
  log(): string;
  stop(): Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface ServerOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly logFile?: string | undefined;
  ready(): Promise<unknown>;
}

export declare function startServer(options: ServerOptions): Promise<Server>;
export declare function answers(url: string, options?: { timeoutMillis?: number; ok?: boolean }): Promise<void>;
export declare function accepts(port: number, options?: { timeoutMillis?: number }): Promise<void>;
export declare function freePorts(count: number): Promise<number[]>;
