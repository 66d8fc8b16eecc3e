/** How numbers read in the tables. */
export function number(value, digits) {
  return value === undefined || Number.isNaN(value)
    ? ''
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function signed(value, digits) {
  if (value === undefined || Number.isNaN(value)) return '';
  return `${value < 0 ? '−' : '+'}${number(Math.abs(value), digits)}`;
}
