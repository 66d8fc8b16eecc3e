import type { Answer } from '../../gateway/api/routes.ts';

export type Statistics = Answer<'statistics'>;

export const GROUPS = [
  ['model', 'Model'],
  ['user', 'User'],
  ['prompt', 'Prompt'],
  ['service', 'Service'],
  ['tool', 'Tool'],
] as const;
export type GroupName = (typeof GROUPS)[number][0];

/** What the dashboard shows, as its address says. */
export interface Selection {
  readonly by: GroupName;
  readonly q: string;
  readonly since: string;
  readonly until?: string | undefined;
}

/** The colours of the first groups; all further groups share one. A group has its colour in charts and table. */
export const COLORS = ['--accent-fill', '--data-fill', '--tool-fill', '--mark'];
export const OTHERS_COLOR = '--line-2';
