import { spawnSync } from 'node:child_process';

export function npm(args, cwd) {
  const quiet = ['--no-audit', '--no-fund'];
  const { status, stdout, stderr } = spawnSync('npm', [...args, ...quiet], { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with code ${status}:\n${stdout}${stderr}`);
}
