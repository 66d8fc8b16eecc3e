/** Renders the documents as pages of the gateway, below `/docs`, so that they can be read offline. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { Marked } from 'marked';

const repository = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => readFileSync(repository + path, 'utf8');
const list = (folder) => readdirSync(repository + folder).toSorted();

/** Sources and their pages. */
const pages = new Map([
  ['README.md', 'index.html'],
  ...list('docs').flatMap((name) => (name.endsWith('.md') ? [[`docs/${name}`, name.replace('.md', '.html')]] : [])),
  ...list('src/vendors').flatMap((name) =>
    name.includes('.') ? [] : [[`src/vendors/${name}/README.md`, `destination-${name}.html`]],
  ),
  ['ARCHITECTURE.md', 'architecture.html'],
  ['CONTRIBUTING.md', 'contributing.html'],
  ['CHANGELOG.md', 'changelog.html'],
]);

/** @returns the files of the site by name */
export function site() {
  const titles = [...pages].map(([source, page]) => [page, titleOf(read(source))]);
  const files = new Map([['docs.css', STYLE]]);
  for (const [source, page] of pages) {
    const navigation = titles
      .map(
        ([file, title]) =>
          `<li><a href="/docs/${file}"${file === page ? ' aria-current="page"' : ''}>${title}</a></li>`,
      )
      .join('\n');
    files.set(page, shell(titleOf(read(source)), navigation, rendererFor(source).parse(read(source))));
  }
  return files;
}

function titleOf(text) {
  return escaped(/^# (.+)$/m.exec(text)?.[1] ?? 'Spanport');
}

/** Links lead to other pages of the site. What is not part of it, and raw HTML, is left out. */
function rendererFor(source) {
  return new Marked({
    renderer: {
      html: () => '',
      image: ({ text }) => `<em>${escaped(text)}</em>`,
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${slugOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const target = addressOf(source, href);
        return target ? `<a href="${escaped(target)}">${text}</a>` : text;
      },
    },
  });
}

function addressOf(source, href) {
  if (/^https?:/.test(href)) return href;
  const [path, anchor] = href.split('#');
  const page = path === '' ? pages.get(source) : pages.get(normalize(join(dirname(source), path)));
  return page && `/docs/${page}${anchor ? `#${anchor}` : ''}`;
}

function slugOf(text) {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function shell(title, navigation, content) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
<nav aria-label="Documents"><p><a href="/">Back to the conversations</a></p><ul>
${navigation}
</ul></nav>
<main>
${content}</main>
</body>
</html>
`;
}

const STYLE = `:root { color-scheme: light dark; }
body { display: grid; grid-template-columns: 15rem minmax(0, 48rem); gap: 2.5rem; max-width: 68rem; margin: 1.5rem auto; padding: 0 1.25rem; font: 16px/1.55 system-ui, sans-serif; }
nav { font-size: 0.9rem; }
nav ul { list-style: none; padding: 0; }
nav li { margin: 0.3rem 0; }
a { color: light-dark(#0b57b0, #8ab8ff); }
nav a[aria-current] { color: inherit; font-weight: 600; text-decoration: none; }
pre, code { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { padding: 0.75rem 1rem; overflow-x: auto; background: light-dark(#f4f5f7, #22262b); border-radius: 6px; }
table { display: block; overflow-x: auto; border-collapse: collapse; }
th, td { padding: 0.35rem 0.7rem; border: 1px solid light-dark(#d5d9de, #3a4048); text-align: left; vertical-align: top; }
@media (max-width: 52rem) { body { display: block; } }
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(`${repository}dist/ui/docs`, { recursive: true });
  for (const [name, text] of site()) writeFileSync(`${repository}dist/ui/docs/${basename(name)}`, text);
}
