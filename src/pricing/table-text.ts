/** Prices by provider and model. The build and the tests put the text in place of the empty one: scripts/price-table.mjs. */
export const priceTableText: string = '';
