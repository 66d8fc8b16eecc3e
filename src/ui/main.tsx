import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import { App } from './app.tsx';
import { followDestinations, loadDestinations } from './destinations.ts';
import { connect } from './live.ts';
import { listen } from './router.ts';

listen();
connect();
followDestinations();
loadDestinations().catch(() => {});

const root = document.getElementById('app');
if (root) render(<App />, root);
