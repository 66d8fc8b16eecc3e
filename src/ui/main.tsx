import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/overlays.css';
import { App } from './app.tsx';
import { followDestinations, loadDestinations } from './destinations.ts';
import { listenToKeys } from './keyboard.ts';
import { connect } from './live.ts';
import { preloadViews } from './other-views.ts';
import { listen } from './router.ts';
import { restoreZone } from './zone-choice.ts';

listen();
listenToKeys();
restoreZone();
connect();
followDestinations();
loadDestinations().catch(() => {});

const root = document.getElementById('app');
if (root) render(<App />, root);
preloadViews();
