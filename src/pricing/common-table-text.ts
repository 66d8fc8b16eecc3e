/**
 * The part of the price table for OpenAI, Azure and the providers whose models Azure sells. It is a file of its own because
 * most processes need no other price. The build and the tests put the text in place of the empty one:
 * scripts/price-table.mjs.
 */
export const commonTableText: string = '';
