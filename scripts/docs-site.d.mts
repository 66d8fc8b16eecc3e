/** The files of the site by name. */
export function site(): Map<string, string>;
