/**
 * Reaches the ES modules of an application that imports `spanport/register` itself: they were linked before the hook was
 * there.
 */
declare function instrumentImported(importModule: ImportModule): Promise<void>;
/** `import()` as a parameter, because bundlers warn about an import of a file that they do not know. */
type ImportModule = (url: string) => Promise<unknown>;
export { instrumentImported };
