import { crc32, deflateSync } from 'node:zlib';

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Four bytes for each pixel. */
  readonly data: Uint8Array;
}

const MOST_COLOURS = 256;
/** These are exact: those of areas, and of most of the text. */
const FREQUENT_COLOURS = 128;

/** A PNG with at most 256 colours, all close to what the picture has: half as large as one with every colour. */
export function palettePng({ width, height, data }: Pixels): Buffer {
  const colours = new Uint32Array(width * height);
  const counts = new Map<number, number>();
  for (let pixel = 0; pixel < colours.length; pixel += 1) {
    const at = pixel * 4;
    const colour = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    colours[pixel] = colour;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = paletteOf(counts);
  const indexes = new Map([...counts.keys()].map((colour) => [colour, nearest(palette, colour)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let pixel = 0; pixel < colours.length; pixel += 1) {
    // Each row begins with the number of its filter, which is 0: none.
    rows[pixel + Math.floor(pixel / width) + 1] = indexes.get(colours[pixel] ?? 0) ?? 0;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(channels))),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The frequent colours, then always the one that is furthest from all others: a rare mark keeps its colour. */
function paletteOf(counts: ReadonlyMap<number, number>): number[] {
  const colours = [...counts.keys()].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
  const palette = colours.slice(0, FREQUENT_COLOURS);
  const gaps = new Map(colours.map((colour) => [colour, Math.min(...palette.map((each) => distance(each, colour)))]));
  while (palette.length < MOST_COLOURS) {
    const [furthest, gap] = [...gaps].reduce((most, each) => (each[1] > most[1] ? each : most), [0, 0]);
    if (gap === 0) break;
    palette.push(furthest);
    for (const [colour, before] of gaps) gaps.set(colour, Math.min(before, distance(furthest, colour)));
  }
  return palette;
}

function distance(a: number, b: number): number {
  const other = channels(b);
  return channels(a).reduce((sum, value, index) => sum + (value - (other[index] ?? 0)) ** 2, 0);
}

function channels(colour: number): number[] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

function nearest(palette: readonly number[], colour: number): number {
  const distances = palette.map((each) => distance(each, colour));
  return distances.indexOf(Math.min(...distances));
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
