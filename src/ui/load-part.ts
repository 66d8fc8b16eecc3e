const styles = new Map<string, Promise<void>>();

/** Loads a part of the page with its style sheets. It stands in for the bundler's own loader, which also preloads scripts. */
export async function __vitePreload<T>(part: () => Promise<T>, paths: readonly string[] = []): Promise<T> {
  const [loaded] = await Promise.all([part(), ...paths.filter((path) => path.endsWith('.css')).map(loadStyle)]);
  return loaded;
}

function loadStyle(path: string): Promise<void> {
  const started = styles.get(path);
  if (started) return started;
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `/${path}` });
  const loading = new Promise<void>((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => {
      // The next attempt asks for it again.
      styles.delete(path);
      link.remove();
      reject(new Error(`${path} did not load.`));
    };
  });
  styles.set(path, loading);
  document.head.append(link);
  return loading;
}
