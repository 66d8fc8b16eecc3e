/**
 * Reaches the ES modules of an application that imports `spanport/register` itself: they were linked before the hook was
 * there.
 */
declare function instrumentImported(importModule: ImportModule): Promise<void>;
/** `import()`, passed in: bundlers complain about one whose file they do not know. */
type ImportModule = (url: string) => Promise<unknown>;
export { instrumentImported };
