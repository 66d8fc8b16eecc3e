/** Bundles `dist` without a line for each of its files: `npm start` builds, and the demo is what is to be seen. */
import { build } from 'rolldown';
import configurations from '../rolldown.config.mjs';

// One after the other: the first empties the folder.
for (const configuration of configurations) await build(configuration);
