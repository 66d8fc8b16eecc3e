import { expect, it } from 'vitest';
import { palette } from '../../src/cli/terminal.ts';

type Rgb = readonly [number, number, number];

const LEVELS = [0, 95, 135, 175, 215, 255];

/** A colour of the 256-colour palette: the cube of six levels, then the greys. */
function rgbOf(index: number): Rgb {
  if (index >= 232) return [8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10];
  const [red, green, blue] = [Math.floor((index - 16) / 36), Math.floor((index - 16) / 6) % 6, (index - 16) % 6];
  return [LEVELS[red] ?? 0, LEVELS[green] ?? 0, LEVELS[blue] ?? 0];
}

function luminanceOf(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function contrastOf(one: Rgb, other: Rgb): number {
  const [darker, lighter] = [luminanceOf(one), luminanceOf(other)].toSorted((a, b) => a - b);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

it.each(Object.entries(palette))('%s can be read on dark and light terminals', (_, index) => {
  const backgrounds: Rgb[] = [
    [255, 255, 255],
    [253, 246, 227],
    [0, 0, 0],
    [30, 30, 30],
    [40, 42, 54],
  ];
  for (const background of backgrounds) expect(contrastOf(rgbOf(index), background)).toBeGreaterThanOrEqual(3);
});
