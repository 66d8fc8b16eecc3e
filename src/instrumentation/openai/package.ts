import type { WatchedPackage } from '../../loading/watched-package.ts';

export const openaiPackage: WatchedPackage = {
  name: 'openai',
  // The class is in `index` up to openai 4, in `client` since then.
  files: ['index', 'client'],
  client: 'OpenAI',
  // `import 'openai/shims/node'` fails once openai 4 is loaded.
  configuredFirst: /^4\./,
};
