/** Five minutes of skew are ordinary. */
const FUTURE_US = 300e6;

/** Whether the clock of a sender is ahead of this machine's. */
export function isFromFuture(startUs: number, receivedUs: number): boolean {
  return startUs > receivedUs + FUTURE_US;
}
