/** Calls the handler as the platform does. */
import { handler } from './handler.mjs';

const { body } = await handler({ body: JSON.stringify({ question: 'Is the shop open on Sunday?', user: 'u-17' }) });
console.log(JSON.parse(body).answer);
console.log(
  'The call was sent before the handler returned. Look on the page of `npx spanport up`, http://127.0.0.1:4318.',
);
