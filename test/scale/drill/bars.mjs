const WIDTH = 560;
const ROW = 34;
const LEFT = 170;
const RIGHT = 90;

/** A bar for each combination of partitions and workers. The fonts and colours are readable on light and dark pages. */
export function plotOf({ cores, rows, latencyMillisAtHalfLoad: { ratePerSecond, p50, p99 } }) {
  const most = Math.max(...rows.map(({ deliveredPerSecond }) => deliveredPerSecond));
  const height = 46 + rows.length * ROW + 34;
  const bars = rows.map(({ partitions, workers, deliveredPerSecond }, index) => {
    const y = 46 + index * ROW;
    const width = Math.round(((WIDTH - LEFT - RIGHT) * deliveredPerSecond) / most);
    return [
      `<text x="${LEFT - 10}" y="${y + 17}" text-anchor="end">${count(partitions, 'partition')}, ${count(workers, 'worker')}</text>`,
      `<rect x="${LEFT}" y="${y + 3}" width="${width}" height="20" rx="3" fill="#4c78a8"/>`,
      `<text x="${LEFT + width + 8}" y="${y + 17}">${deliveredPerSecond.toLocaleString('en')}/s</text>`,
    ].join('\n');
  });
  const note = `At half load (${ratePerSecond}/s), application to vendor: p50 ${p50} ms, p99 ${p99} ms`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#777">
<text x="0" y="18" font-size="15">Interactions delivered per second, on ${count(cores, 'core')} for all processes</text>
${bars.join('\n')}
<text x="0" y="${height - 10}">${note}</text>
</svg>
`;
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
