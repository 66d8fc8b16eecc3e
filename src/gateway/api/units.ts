import { z } from 'zod';

export const time = z.number().meta({ description: 'Unix time in milliseconds, with a fraction' });
export const seconds = z.number().meta({ description: 'Seconds' });
export const usd = z.number().meta({ description: 'USD' });
export const tokens = z.number().int().nonnegative();
