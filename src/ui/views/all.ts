// biome-ignore-all assist/source/organizeImports: views that resemble each other compress better next to each other
/** Every view but the start, and the dialogs: one file, since many small ones compress worse. */
export { ChatView } from './chat.tsx';
export { TraceView } from './trace.tsx';
export { CompareView } from './compare.tsx';
export { TracesView } from './traces.tsx';
export { DashboardView } from './dashboard.tsx';
export { DestinationsView } from './destinations.tsx';
export { Help } from '../parts/help.tsx';
export { PayloadView } from './payload.tsx';
export { ConversationView } from './conversation.tsx';
