/** A package whose client class is instrumented when the package is loaded. */
export interface WatchedPackage {
  /** As its own package.json names it, whatever alias it is installed under. */
  readonly name: string;
  /** The files that export the client class, in one major or another, without their extension: `index`, `client`. */
  readonly files: readonly string[];
  /** The name of the client class, under which these files export it. */
  readonly client: string;
  /** Versions that the application may have to configure before they load. A pattern, so that threads can be sent it. */
  readonly configuredFirst?: RegExp;
}

/** Whether a file is one of those, by its name alone. */
export function mayExportClient(path: string, { files }: WatchedPackage): boolean {
  const name = /(?:^|[\\/])([^\\/]+)\.(?:mjs|cjs|js)$/.exec(path)?.[1];
  return name !== undefined && files.includes(name);
}
