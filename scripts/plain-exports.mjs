/**
 * Exports of the CommonJS build that are read as fast as properties. Rolldown puts a getter around each one, for variables
 * that are assigned later, which none of ours are.
 */

/** An export of a chunk. As an assignment it is a third of the code, and takes no function. */
const GETTER =
  /^Object\.defineProperty\(exports, "([\w$]+)", \{\n\tenumerable: true,\n\tget: function\(\) \{\n\t\treturn ([\w$]+);\n\t\}\n\}\);$/gm;

/**
 * The import of a package. The namespace that Rolldown makes of it has bound functions as getters, which call the
 * package's own getters. OpenTelemetry's API is read two dozen times in each call, and its exports never change.
 */
const NAMESPACE = /^(_opentelemetry_\w+) = require_rolldown_runtime\.__toESM\(\1\);$/gm;

export function plainExports() {
  return {
    name: 'plain-exports',
    generateBundle(_, output) {
      for (const file of Object.values(output)) {
        if (file.type !== 'chunk') continue;
        const { code } = file;
        file.code = code
          .replace(GETTER, (getter, name, variable) =>
            code.includes(`\nlet ${variable}`) ? getter : `exports.${name} = ${variable};`,
          )
          .replace(NAMESPACE, '$1 = { ...$1 };');
        if (/__toESM\(_opentelemetry/.test(file.code))
          this.error(
            `${file.fileName} reads OpenTelemetry through getters: NAMESPACE in plain-exports.mjs does not match.`,
          );
      }
    },
  };
}
