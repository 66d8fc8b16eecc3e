/**
 * `node --import`: from `FAULTS_JUMP_AT` on (ms, by the monotonic clock that all threads share) the wall clock is ahead by
 * `FAULTS_JUMP_BY` ms. Worker threads load it, too. The kernel's clock, and with it file times, stay.
 */
const at = BigInt(process.env.FAULTS_JUMP_AT) * 1_000_000n;
const by = Number(process.env.FAULTS_JUMP_BY);
const RealDate = Date;
const now = () => RealDate.now() + (process.hrtime.bigint() >= at ? by : 0);

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }

  static now() {
    return now();
  }
};
