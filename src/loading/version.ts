/** The package's own version, as spans, metrics and requests name it. A test compares it with package.json. */
export const VERSION = '0.1.0';
