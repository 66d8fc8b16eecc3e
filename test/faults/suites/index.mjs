import { endings } from './endings.mjs';

export const suites = { endings };
