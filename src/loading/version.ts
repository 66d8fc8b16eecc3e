/** The package's own version, as spans, metrics and requests name it. A test holds it against package.json. */
export const VERSION = '0.1.0';
