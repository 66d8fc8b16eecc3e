/** Bundles `dist`, without a line of output per file: `npm start` builds first, and its output is the demo. */
import { buildDist } from './build-dist.mjs';

await buildDist('dist');
