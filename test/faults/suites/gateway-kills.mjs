/** G1: kill -9 of a gateway that three senders keep busy; its folder is used again each time. */
import { sleep, until, withDirectory } from '../support/children.mjs';
import { figure } from '../support/figures.mjs';
import { books, sendUntilGone, startGateway, verdict } from '../support/gateway.mjs';
import { seeded } from '../support/random.mjs';

const SENDERS = 3;
const RUN_MILLIS = 700;
const START_MILLIS = 10_000;

export async function gatewayKills({ isShort, log }) {
  const count = isShort ? 5 : 200;
  const random = seeded(7);
  const acknowledged = new Set();
  let next = 0;
  const nextId = () => (++next).toString(16).padStart(16, '0');
  const { lost, doubled, unindexed, isSound } = await withDirectory(async (folder) => {
    for (let index = 0; index < count; index += 1) {
      const { child, url, ended } = await startGateway(folder);
      const senders = Array.from({ length: SENDERS }, () => sendUntilGone(url, acknowledged, nextId));
      const before = acknowledged.size;
      // Every fifth kill may come before anything was acknowledged.
      if (index % 5 !== 4) await until(() => acknowledged.size > before, START_MILLIS);
      await sleep(random() * RUN_MILLIS);
      child.kill('SIGKILL');
      await Promise.all([ended, ...senders]);
      if (index % 20 === 19) log(`${index + 1} kills, ${acknowledged.size} spans acknowledged`);
    }
    return verdict(await books(folder), acknowledged);
  });
  const where = `gateway, ${count} kills under load`;
  const hasLoad = acknowledged.size > 0;
  return [
    figure('G1', `${where}: acknowledged and lost`, '0', `${lost} of ${acknowledged.size}`, hasLoad && lost === 0),
    figure('G1', `${where}: stored twice`, '0', doubled, doubled === 0),
    figure('G1', `${where}: stored and not indexed`, '0', unindexed, unindexed === 0),
    figure('G1', `${where}: integrity check`, 'clean', isSound ? 'clean' : 'damaged', isSound),
  ];
}
