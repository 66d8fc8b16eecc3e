/** Every view but the start, and the dialogs: one file, since many small ones compress worse. */
export { Help } from '../parts/help.tsx';
export { ChatView } from './chat.tsx';
export { CompareView } from './compare.tsx';
export { ConversationView } from './conversation.tsx';
export { DashboardView } from './dashboard.tsx';
export { DestinationsView } from './destinations.tsx';
export { PayloadView } from './payload.tsx';
export { TraceView } from './trace.tsx';
export { TracesView } from './traces.tsx';
