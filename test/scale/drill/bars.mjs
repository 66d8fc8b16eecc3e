const WIDTH = 620;
const ROW = 30;
const LEFT = 170;
const RIGHT = 190;
const TITLE = 30;

/**
 * Two groups of bars, one for each combination of partitions and workers: with a vendor that answers at once, and with
 * one that takes its time. The fonts and colours are readable on light and dark pages.
 */
export function plotOf({ cores, delayMillis, concurrency, groups, latencyMillisAtHalfLoad: latency }) {
  const [atOnce, delayed] = groups;
  const parts = [
    {
      title: `Vendor answers at once: bound by ${count(cores, 'core')} for workers, Kafka and the vendor together`,
      rows: atOnce,
      color: '#4c78a8',
    },
    {
      title: `Vendor takes ${delayMillis} ms, ${concurrency} requests under way: bound by the number of workers`,
      rows: delayed,
      color: '#e0803d',
    },
  ];
  let y = 0;
  const body = parts.map((part) => {
    const drawn = groupAt(y, part);
    y += TITLE + part.rows.length * ROW + 16;
    return drawn;
  });
  const note = `Half load, ${latency.ratePerSecond}/s, application to vendor with the order window of 1 s: p50 ${latency.p50} ms, p99 ${latency.p99} ms`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 22}" font-family="system-ui, sans-serif" font-size="13" fill="#888">
<title>Interactions per second, by partitions and workers</title>
${body.join('\n')}
<text x="0" y="${y + 12}" font-size="12">${note}</text>
</svg>
`;
}

function groupAt(top, { title, rows, color }) {
  const most = Math.max(...rows.map(({ deliveredPerSecond }) => deliveredPerSecond));
  const bars = rows.map(({ partitions, workers, deliveredPerSecond, cpuMillisPerThousand }, index) => {
    const y = top + TITLE + index * ROW;
    const width = Math.round(((WIDTH - LEFT - RIGHT) * deliveredPerSecond) / most);
    const figure = `${deliveredPerSecond.toLocaleString('en')}/s, ${(cpuMillisPerThousand / 1000).toFixed(2)} ms CPU each`;
    return [
      `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end">${count(partitions, 'partition')}, ${count(workers, 'worker')}</text>`,
      `<rect x="${LEFT}" y="${y + 1}" width="${width}" height="19" rx="3" fill="${color}"/>`,
      `<text x="${LEFT + width + 8}" y="${y + 15}">${figure}</text>`,
    ].join('\n');
  });
  return `<text x="0" y="${top + 16}" font-size="14">${title}</text>\n${bars.join('\n')}`;
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
