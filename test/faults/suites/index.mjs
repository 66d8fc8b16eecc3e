import { endings } from './endings.mjs';
import { kills } from './kills.mjs';
import { load } from './load.mjs';
import { outages } from './outages.mjs';

export const suites = { endings, kills, outages, load };
