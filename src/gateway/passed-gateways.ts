/** Names the gateways that a span has passed, so that two gateways that forward to each other do not loop forever. */
export const PASSED = 'spanport.gateway.passed';
/** The same in a request to a vendor's API, whose payload has no place for it. */
export const PASSED_HEADER = 'x-spanport-passed';
/** A longer list is not of gateways that forward to each other on purpose. */
export const MAX_PASSED = 32;

/** The ids of gateways in a list that another gateway wrote. */
export function gatewaysIn(list: unknown): readonly string[] {
  return typeof list === 'string' ? list.split(',').filter((id) => /^[0-9a-f]{16}$/.test(id)) : [];
}

/** Where something came from. */
export interface Origin {
  readonly project: string;
  /** The gateways that it passed before this one. */
  readonly passed: readonly string[];
}
