/** The client alone: what all ratios refer to. */
export function begin() {
  return {};
}
