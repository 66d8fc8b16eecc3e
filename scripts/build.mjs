/** Bundles `dist` without a line for each of its files: `npm start` builds, and the demo is what is to be seen. */
import { build } from 'rolldown';
import config from '../rolldown.config.mjs';

await build(config);
