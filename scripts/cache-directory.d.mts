export function cacheDirectory(env?: NodeJS.ProcessEnv): string;
