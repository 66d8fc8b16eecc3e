/** A plugin for the bundler, which puts the part of undici that delivery uses into our package. */
import { readFileSync } from 'node:fs';

/** What only HTTP/2, SOCKS and `fetch` need. */
const LEFT_OUT = /\/(client-h2|socks5-proxy-agent|web\/fetch\/body)(\.js)?$/;
const NOTHING = '\0undici-left-out';

export function undici() {
  return {
    name: 'undici',
    resolveId(id, importer) {
      return LEFT_OUT.test(id) && importer?.includes('/node_modules/undici/') ? NOTHING : undefined;
    },
    load: (id) => (id === NOTHING ? 'module.exports = undefined' : undefined),
    transform(code, id) {
      if (!id.includes('/node_modules/undici/lib/')) return undefined;
      return {
        code: code
          // So that no instrumentation of undici sees our requests.
          .replaceAll(
            "require('node:diagnostics_channel')",
            '{ channel: () => ({ hasSubscribers: false }), subscribe() {} }',
          )
          // An ES module has no `require`.
          .replace(/require\('(node:[^']+)'\)/g, "process.getBuiltinModule('$1')"),
        map: null,
      };
    },
  };
}

export function undiciLicense() {
  const text = readFileSync(new URL('../node_modules/undici/LICENSE', import.meta.url), 'utf8');
  return `/*! With parts of undici.\n${text}*/`;
}
