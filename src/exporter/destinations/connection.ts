import type { TransportOptions } from '../../delivery/http/transport.ts';

/** How a destination is reached, beyond its URL. */
export type Connection = Omit<TransportOptions, 'environment'>;
