/** Prints figures of the sources that reviews look at. No gate: each is a question, and a comment may answer it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';

const root = fileURLToPath(new URL('..', import.meta.url));
const MAX_FUNCTION_LINES = 60;
const MAX_FILE_LINES = 350;
const IDIOMS = [
  [
    'words of a private dialect',
    /\b(told|said|tells|asked|whoever|nobody|somebody|dear|dearer|beside|milliard|kin)\b/gi,
  ],
  [
    'phrases of a private dialect',
    /(?<!\bthere )\bis no [a-z]|\b(that is none|which is no|at the most|at the least|for ever|so many)\b/gi,
  ],
];

const files = sourcesIn(join(root, 'src')).map((path) => {
  const text = readFileSync(path, 'utf8');
  return { name: relative(root, path), text, lines: text.split('\n').length, ...syntaxOf(path, text) };
});
const lines = files.reduce((sum, file) => sum + file.lines, 0);

print('files', files.length);
print('lines', lines);
list(
  'top-level let',
  files.flatMap(({ name, text }) => count(text, /^(export )?let /gm, name)),
);
print('casts per 1,000 lines', ((1_000 * files.reduce((sum, { casts }) => sum + casts, 0)) / lines).toFixed(1));
list(
  `functions above ${MAX_FUNCTION_LINES} lines`,
  files.flatMap(({ name, functions }) => functions.map((each) => `${name}: ${each}`)),
);
list(
  `files above ${MAX_FILE_LINES} lines`,
  files.filter((file) => file.lines > MAX_FILE_LINES).map((file) => `${file.name}: ${file.lines}`),
);
print('files that a new vendor touches', vendorFiles().size);
for (const [title, pattern] of IDIOMS) perRoom(title, pattern);

function sourcesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('/src/testing'))
    .toSorted();
}

/** The long functions of a file, and how many casts it has; `as const` is not a cast. */
function syntaxOf(path, text) {
  const functions = [];
  let casts = 0;
  const visit = (node) => {
    if (typeof node !== 'object' || node === null) return;
    if (node.type === 'TSAsExpression' && node.typeAnnotation.typeName?.name !== 'const') casts += 1;
    if (/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) {
      const first = lineAt(text, node.start);
      const length = lineAt(text, node.end) - first + 1;
      if (length > MAX_FUNCTION_LINES) functions.push(`line ${first}, ${length} lines`);
    }
    for (const value of Object.values(node)) Array.isArray(value) ? value.forEach(visit) : visit(value);
  };
  visit(parseAst(text, { lang: path.endsWith('x') ? 'tsx' : 'ts' }, path));
  return { functions, casts };
}

function lineAt(text, offset) {
  return text.slice(0, offset).split('\n').length;
}

function vendorFiles() {
  const page = readFileSync(join(root, 'docs/adding-a-vendor.md'), 'utf8');
  return new Set([...page.matchAll(/<!-- (?:file|edit): (\S+) -->/g)].map(([, path]) => path));
}

function count(text, pattern, name) {
  return (text.match(pattern) ?? []).map(() => name);
}

function perRoom(title, pattern) {
  const rooms = new Map();
  for (const { name, text } of files) {
    const room = name.split('/').slice(1, -1).join('/') || '.';
    const number = (text.match(pattern) ?? []).length;
    if (number > 0) rooms.set(room, (rooms.get(room) ?? 0) + number);
  }
  print(
    title,
    [...rooms.values()].reduce((sum, number) => sum + number, 0),
  );
  for (const [room, number] of [...rooms].toSorted((a, b) => b[1] - a[1])) console.log(`    ${number}  ${room}`);
}

function list(title, entries) {
  print(title, entries.length);
  for (const entry of entries) console.log(`    ${entry}`);
}

function print(title, value) {
  console.log(`${title}: ${value}`);
}
