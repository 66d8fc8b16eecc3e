/** A package whose client class is instrumented when the package is loaded. */
export interface WatchedPackage {
  /** As its own package.json names it, whatever alias it is installed under. */
  readonly name: string;
  /** The files that export the client class, in one major or another, without their extension: `index`, `client`. */
  readonly files: readonly string[];
  /** The name of the client class, under which these files export it. */
  readonly client: string;
  /** Versions that the application may have to configure before they load. A pattern, because it is sent to a thread. */
  readonly configuredFirst?: RegExp;
}

/** Whether a file may be one of {@link WatchedPackage.files}, judged by its name only. */
export function mayExportClient(path: string, { files }: WatchedPackage): boolean {
  const name = /(?:^|[\\/])([^\\/]+)\.(?:mjs|cjs|js)$/.exec(path)?.[1];
  return name !== undefined && files.includes(name);
}
