import * as Sentry from 'sentry11';
import { sentryOptions } from './sentry-options.mjs';

Sentry.init(sentryOptions());
