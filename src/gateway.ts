/** The gateway as a library: receives OTLP and vendors' APIs, stores, answers queries. `spanport up` starts it. */
export { type ContentMode, type Gateway, type GatewayOptions, startGateway } from './gateway/gateway.ts';
