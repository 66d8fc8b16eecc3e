import * as Sentry from 'sentry10';
import { sentryOptions } from './sentry-options.mjs';

Sentry.init(sentryOptions());
