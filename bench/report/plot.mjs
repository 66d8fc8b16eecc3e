/** Three points on double logarithmic paper, as SVG: Spanport as a line, the bare client dashed where there is one. */

const WIDTH = 480;
const HEIGHT = 300;
const LEFT = 70;
const RIGHT = 20;
const TOP = 48;
const BOTTOM = 46;

export function plotOf({ title, x, y, own, alone, order }) {
  const all = [...own, ...(alone ?? [])].filter(([, value]) => value > 0);
  const across = scale(
    all.map(([at]) => at),
    LEFT,
    WIDTH - RIGHT,
  );
  const up = scale(
    all.map(([, value]) => value),
    HEIGHT - BOTTOM,
    TOP,
  );
  const path = (points) =>
    points
      .filter(([, value]) => value > 0)
      .map(([at, value], index) => `${index === 0 ? 'M' : 'L'}${round(across.at(at))} ${round(up.at(value))}`)
      .join(' ');
  const dots = own.map(
    ([at, value]) => `<circle cx="${round(across.at(at))}" cy="${round(up.at(value))}" r="3.5" fill="#1f6feb"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="20" font-size="13" fill="#1f2328">${title}</text>`,
    `<text x="${LEFT}" y="36" fill="#59636e">order of growth ${order.toFixed(2)}${alone ? '; dashed: openai alone' : ''}</text>`,
    ...across.ticks.map(
      (at) =>
        `<path d="M${round(across.at(at))} ${TOP}V${HEIGHT - BOTTOM}" stroke="#d1d9e0"/><text x="${round(across.at(at))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle" fill="#59636e">${label(at)}</text>`,
    ),
    ...up.ticks.map(
      (at) =>
        `<path d="M${LEFT} ${round(up.at(at))}H${WIDTH - RIGHT}" stroke="#d1d9e0"/><text x="${LEFT - 6}" y="${round(up.at(at)) + 4}" text-anchor="end" fill="#59636e">${label(at)}</text>`,
    ),
    ...(alone ? [`<path d="${path(alone)}" fill="none" stroke="#818b98" stroke-dasharray="5 4"/>`] : []),
    `<path d="${path(own)}" fill="none" stroke="#1f6feb" stroke-width="2"/>`,
    ...dots,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle" fill="#1f2328">${x}</text>`,
    `<text x="14" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" fill="#1f2328" transform="rotate(-90 14 ${(TOP + HEIGHT - BOTTOM) / 2})">${y}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** A logarithmic axis over whole decades. */
function scale(values, from, to) {
  const lowest = Math.floor(Math.log10(Math.min(...values)));
  const highest = Math.max(lowest + 1, Math.ceil(Math.log10(Math.max(...values))));
  const at = (value) => from + ((Math.log10(value) - lowest) / (highest - lowest)) * (to - from);
  const ticks = Array.from({ length: highest - lowest + 1 }, (_, index) => 10 ** (lowest + index));
  return { at, ticks };
}

function label(value) {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1e3 ? `${value / 1e3}k` : String(value);
}

function round(value) {
  return Math.round(value * 10) / 10;
}
