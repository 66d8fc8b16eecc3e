import { answers } from './answers.mjs';
import { clock } from './clock.mjs';
import { damage } from './damage.mjs';
import { disk } from './disk.mjs';
import { endings } from './endings.mjs';
import { gatewayKills } from './gateway-kills.mjs';
import { gatewayMalformed } from './gateway-malformed.mjs';
import { gatewayPower } from './gateway-power.mjs';
import { kills } from './kills.mjs';
import { load } from './load.mjs';
import { outages } from './outages.mjs';
import { secretsFound } from './secrets.mjs';
import { soak } from './soak.mjs';

/** Each takes `{ isShort, minutes, log }` and gives back figures. */
export const suites = {
  kills,
  outages,
  load,
  endings,
  damage,
  disk,
  clock,
  soak,
  answers,
  secrets: secretsFound,
  'gateway-kills': gatewayKills,
  'gateway-power': gatewayPower,
  'gateway-malformed': gatewayMalformed,
};
