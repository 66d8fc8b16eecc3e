import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/overlays.css';
import { App, preloadViews } from './app.tsx';
import { followDestinations, loadDestinations } from './destinations.ts';
import { listenToKeys } from './keyboard.ts';
import { connect } from './live.ts';
import { listen } from './router.ts';
import { preloadOverlays } from './shell.tsx';
import { restoreZone } from './zone-choice.ts';

listen();
listenToKeys();
restoreZone();
connect();
followDestinations();
loadDestinations().catch(() => {});

const root = document.getElementById('app');
if (root) render(<App />, root);
preloadViews(preloadOverlays);
