/** The project of spans that name none. */
export const DEFAULT_PROJECT = 'default';
