// CommonJS as TypeScript has it: `require` of an ES module, which Node allows from 20.19 on.
import spanport = require('spanport');

export const handle: ReturnType<typeof spanport.start> = spanport.start();
// @ts-expect-error options are an object
spanport.start(1);
