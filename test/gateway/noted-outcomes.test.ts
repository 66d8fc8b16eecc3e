import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { spoolStatus } from '../../src/delivery/spool/inspect.ts';
import { findSqlite } from '../../src/sqlite/driver.ts';
import { chat, idOf, post, serve } from './forward-scene.ts';
import { openGateway, until } from './gateway-scene.ts';

afterEach(() => vi.unstubAllEnvs());

/** Longer than it takes until an outcome is noted. */
const LOCKED_MILLIS = 500;

it.each([
  ['refused', 400, 'dead', [idOf('1')]],
  ['delivered', 200, 'delivered', []],
])(
  'a record is shown as %s once its spool knows it, so that it can be sent again at once',
  async (_, status, state, dead) => {
    let spool = '';
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      request.resume().on('end', () => {
        if (requests === 1) {
          // The disk is slow: the outcome cannot be written for a while.
          const other = findSqlite()?.(join(spool, 'spool.db'));
          other?.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE');
          setTimeout(() => {
            other?.exec('ROLLBACK');
            other?.close();
          }, LOCKED_MILLIS);
        }
        response.writeHead(requests === 1 ? status : 200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    vi.stubEnv('REQUESTY_INGESTION_URL', `${url}/insight`);
    vi.stubEnv('REQUESTY_API_KEY', 'key');
    const { gateway, client, folder } = await openGateway({ forward: ['requesty'] });
    spool = join(folder, 'spool');
    await post(gateway.url, [chat('1')]);
    const params = { id: idOf('1'), destination: 'requesty' };
    const noted = () => client.getDelivery({ params }).catch(() => undefined);
    await until(async () => ((await noted())?.state === state ? true : undefined));
    expect(spoolStatus(spool).dead.map(({ key }) => key)).toEqual(dead);
    expect(await client.retryDelivery({ params })).toEqual({ changed: 1 });
    await until(async () => ((await noted())?.attempts.length === 2 ? true : undefined));
    expect(requests).toBe(2);
  },
);
