import { crc32, deflateSync } from 'node:zlib';

/** A small chart as a PNG, base64: two lines, one of which steps up. */
export function picture(width = 420, height = 118) {
  const pixels = Buffer.alloc(height * (1 + width * 3), 255);
  for (let y = 0; y < height; y += 1) pixels[y * (1 + width * 3)] = 0;
  const dot = (x, y, [red, green, blue]) => {
    const at = Math.round(y) * (1 + width * 3) + 1 + Math.round(x) * 3;
    pixels[at] = red;
    pixels[at + 1] = green;
    pixels[at + 2] = blue;
  };
  for (const y of [12, 42, 72, 102]) for (let x = 8; x < width - 8; x += 1) dot(x, y, [232, 235, 239]);
  for (let x = 8; x < width - 8; x += 1) {
    const wave = Math.sin(x / 3) * 2 + Math.sin(x / 7) * 2;
    const step = x < 250 ? 68 : Math.max(30, 68 - (x - 250) * 4);
    for (const thick of [0, 1]) {
      dot(x, step + wave + thick, [209, 73, 46]);
      dot(x, 88 + wave / 2 + thick, [61, 125, 202]);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...parts]).toString('base64');
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(data.length, 0);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body), body.length + 4);
  return bytes;
}
