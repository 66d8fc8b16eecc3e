/** Where each operation of the API is. Apart from the schemas, so that a client in a browser loads no validator. */
export const paths = {
  listConversations: { method: 'get', path: '/api/conversations' },
  getConversation: { method: 'get', path: '/api/conversations/:id' },
  listToolSpans: { method: 'get', path: '/api/conversations/:id/tools' },
  deleteConversation: { method: 'delete', path: '/api/conversations/:id' },
  listInteractions: { method: 'get', path: '/api/interactions' },
  getInteraction: { method: 'get', path: '/api/interactions/:id' },
  getRequest: { method: 'get', path: '/api/interactions/:id/request' },
  getDelivery: { method: 'get', path: '/api/interactions/:id/deliveries/:destination' },
  retryDelivery: { method: 'post', path: '/api/interactions/:id/deliveries/:destination/retry' },
  dropDelivery: { method: 'post', path: '/api/interactions/:id/deliveries/:destination/drop' },
  comparePayloads: { method: 'get', path: '/api/interactions/:id/payloads' },
  listTraces: { method: 'get', path: '/api/traces' },
  getTrace: { method: 'get', path: '/api/traces/:traceId' },
  getTraceOutline: { method: 'get', path: '/api/traces/:traceId/outline' },
  getTraceOtlp: { method: 'get', path: '/api/traces/:traceId/otlp' },
  listUsers: { method: 'get', path: '/api/users' },
  listModels: { method: 'get', path: '/api/models' },
  listCosts: { method: 'get', path: '/api/costs' },
  summary: { method: 'get', path: '/api/summary' },
  statistics: { method: 'get', path: '/api/statistics' },
  timeline: { method: 'get', path: '/api/timeline' },
  search: { method: 'get', path: '/api/search' },
  checkFilter: { method: 'get', path: '/api/filter' },
  complete: { method: 'get', path: '/api/completions' },
  resolve: { method: 'get', path: '/api/resolve' },
  listFeedback: { method: 'get', path: '/api/feedback' },
  addFeedback: { method: 'post', path: '/api/feedback' },
  listDestinations: { method: 'get', path: '/api/destinations' },
  listDeliveries: { method: 'get', path: '/api/destinations/:name/deliveries' },
  noteDeliveries: { method: 'post', path: '/api/deliveries' },
  retryDeliveries: { method: 'post', path: '/api/destinations/:name/retry' },
  dropDeliveries: { method: 'post', path: '/api/destinations/:name/drop' },
  sendInteractions: { method: 'post', path: '/api/destinations/:name/send' },
  getVendorFields: { method: 'get', path: '/api/vendors/:name/fields' },
  getStatus: { method: 'get', path: '/api/status' },
  signIn: { method: 'post', path: '/api/session' },
  signOut: { method: 'delete', path: '/api/session' },
} as const satisfies Readonly<Record<string, Path>>;

export interface Path {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
}

export type OperationName = keyof typeof paths;

/** Server-sent events; see README.md. */
export const LIVE_PATH = '/api/live';
export const OPENAPI_PATH = '/api/openapi.json';
