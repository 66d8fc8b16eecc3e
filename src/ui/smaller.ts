import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Options that the page never changes are constants: the bundler then leaves out the code behind them. */
function withConstants(code: string, options: Readonly<Record<string, string>>): string {
  return Object.entries(options).reduce((changed, [name, value]) => {
    const use = new RegExp(`\\b(?:this|instance)\\.options\\.${name}\\b`, 'g');
    if (!use.test(changed)) throw new Error(`No option ${name} is read any more: change src/ui/smaller.ts.`);
    return changed.replace(use, `(${value})`);
  }, code);
}

function replaced(code: string, pattern: RegExp, by: string | ((match: string, group: string) => string)): string {
  if (!pattern.test(code)) throw new Error(`${pattern} matches nothing any more: change src/ui/smaller.ts.`);
  return typeof by === 'string' ? code.replace(pattern, by) : code.replace(pattern, by);
}

/** Rules of a line that those of GitHub's Markdown replace. */
const GFM_RULES =
  /(?:_backpedal|del|delLDelim|delRDelim|emStrongLDelim|emStrongRDelimAst|text):[\w$]+,|,url:[\w$]+(?=\})/g;
/** Entries of the list of small regular expressions, each with its name. */
const UNUSED_REGEXES = /\b([a-zA-Z]+\d?):\s*\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\]|\\.)*\])+\/[a-z]*,/g;

/**
 * Only the lexer of marked is used, for GitHub's Markdown. Its file makes a parser as it loads, which keeps the bundler from
 * leaving out the rest: the lines from there on are cut off, and so are the rules of the other kinds of Markdown.
 */
export const lexerOfMarked: Plugin = {
  name: 'lexer-of-marked',
  transform(code, id) {
    if (!id.endsWith('/marked.esm.js')) return undefined;
    const end = code.search(/var \w+=new \w+;function \w+\(\w+,\w+\)\{return \w+\.parse\(/);
    const lexer = /(\w+) as Lexer[,}]/.exec(code)?.[1];
    const rule = /=(\w+)\([^;]*?\.getRegex\(\)/.exec(code)?.[1];
    if (end < 0 || !lexer || !rule) throw new Error('marked has another form: change lexerOfMarked.');
    let kept = withConstants(code.slice(0, end), {
      pedantic: 'false',
      gfm: 'true',
      breaks: 'false',
      extensions: 'void 0',
      hooks: 'void 0',
    });
    kept = replaced(kept, /normal:\w+,(gfm:\w+),pedantic:\w+/, '$1');
    kept = replaced(kept, /normal:\w+,(gfm:\w+),breaks:\w+,pedantic:\w+/, '$1');
    kept = replaced(kept, /\.normal\b/g, '.gfm');
    // The page makes links of web addresses alone: addresses of mail need no rule.
    kept = replaced(kept, /\^emailProtocol\|(\^\(\(\?:protocol\)[^;]*?)\|\^email\//, '$1/');
    kept = replaced(
      kept,
      /\.replace\("emailProtocol",[\w$]+\)(\.replace\("protocol",[\w$]+\))\.replace\("email",\/.*?\/\)(?=\.getRegex)/,
      '$1',
    );
    kept = replaced(
      kept,
      /\|email\)>\/(\)\.replace\("scheme",.*?\))\.replace\("email",\/.*?\/\)(?=\.getRegex)/,
      ')>/$1',
    );
    // A link by reference stays as it was written, with the address that it refers to.
    const none = /\btable:([\w$]+)/.exec(kept)?.[1] ?? '';
    kept = replaced(kept, /\b(def|reflink|nolink|reflinkSearch):[\w$]+,/g, (_, name) => `${name}:${none},`);
    for (const [name, next] of Object.entries({ def: 'table', reflink: 'emStrong' })) {
      kept = replaced(kept, new RegExp(`if\\(\\w=this\\.tokenizer\\.${name}\\([^)]*\\)\\)[^]*?continue\\}`), '');
      kept = replaced(kept, new RegExp(`(?<=\\})${name}\\([\\w,]+\\)\\{[^]*?\\}(?=${next}\\()`), '');
    }
    // HTML is shown as text, whichever block its name begins.
    kept = replaced(kept, /"address\|article[^"]*"/, '"div"');
    kept = replaced(kept, /\{blockquote:[\w$]+,[^{}]*\}/, (rules) => rules.replace(/(?:lheading|table):[\w$]+,/g, ''));
    kept = replaced(kept, /\{_backpedal:[^{}]*\}/, (rules) => rules.replace(GFM_RULES, ''));
    kept = replaced(kept, new RegExp(`([=:])(${rule}\\()`, 'g'), '$1/* @__PURE__ */$2');
    return { code: `${kept}export{${lexer} as Lexer};`, map: null };
  },
  /** What nothing reads any more is known once the bundler has left out the code around it. */
  renderChunk(code) {
    const from = code.indexOf('codeRemoveIndent:');
    const to = code.indexOf('\n};', from);
    if (from < 0) return undefined;
    const used = code
      .slice(from, to)
      .replace(UNUSED_REGEXES, (entry, name: string) => (code.includes(`.${name}`) ? entry : ''));
    return { code: code.slice(0, from) + used + code.slice(to), map: null };
  },
};

/** All styles are in one file, so that no part of the code waits for styles of its own: it is imported as it is. */
export const plainImports: Plugin = {
  name: 'plain-imports',
  enforce: 'pre',
  load: (id) => (id.endsWith('vite/preload-helper.js') ? 'export const __vitePreload = (load) => load();' : undefined),
};

/** Methods of a list that the page does not call, and code for several columns: the bundler cannot see that it is unused. */
const UNUSED = [
  ...['getFurthestMeasurement', 'getVirtualItemForOffset', 'scrollToOffset', 'scrollBy'].map(
    (name) => new RegExp(`\\n {4}this\\.${name} = \\([\\s\\S]*?\\n {4}\\};`),
  ),
  /\n {8}if \(this\.laneAssignments\.size > count\) \{[\s\S]*?\n {8}\}/,
  /\n {8}if \(this\.lanesChangedFlag\) \{[\s\S]*?\n {8}\}/,
  /\n {8}if \(lanesChanged\) \{[\s\S]*?\n {8}\}/,
  /\n {8}if \(this\.lanesSettling && [\s\S]*?\n {8}\}/,
  / else if \(lanes > 1\) \{[\s\S]*?\n {2}\}/,
];

/** Whether to print how long everything takes. */
const TIMES = /opts\.key && \(\(_\w = opts\.debug\) == null \? void 0 : _\w\.call\(opts\)\)/g;

/** Options that the page never sets, with their defaults. */
const CONSTANTS = {
  horizontal: 'false',
  lanes: '1',
  debug: 'false',
  enabled: 'true',
  gap: '0',
  paddingStart: '0',
  paddingEnd: '0',
  scrollPaddingStart: '0',
  scrollPaddingEnd: '0',
  scrollMargin: '0',
  initialOffset: '0',
  initialMeasurementsCache: '[]',
  useScrollendEvent: 'false',
  useAnimationFrameWithResizeObserver: 'false',
};

/** The lists of the page have one column and scroll downwards. */
export const verticalLists: Plugin = {
  name: 'vertical-lists',
  transform(code, id) {
    if (id.endsWith('/virtual-core/dist/esm/utils.js')) return { code: replaced(code, TIMES, 'false'), map: null };
    if (!id.endsWith('/virtual-core/dist/esm/index.js')) return undefined;
    const withoutDefaults = Object.keys(CONSTANTS).reduce(
      (left, name) => replaced(left, new RegExp(`\\n {8}${name}: .*,`), ''),
      withConstants(code, CONSTANTS),
    );
    // It jumps to a row, and never scrolls there smoothly.
    const jumping = replaced(
      withoutDefaults,
      /!this\.scrollState \|\| this\.scrollState\.behavior !== "smooth"/,
      'true',
    );
    return { code: UNUSED.reduce((left, pattern) => replaced(left, pattern, ''), jumping), map: null };
  },
};

/** The client has a method for each operation of the API. Those that the page never calls are left out. */
export const calledOperations: Plugin = {
  name: 'called-operations',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/gateway/api/paths.ts')) return undefined;
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
    const sources = files.filter((file) => /\.tsx?$/.test(file)).map((file) => join(import.meta.dirname, file));
    const calls = sources.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\bapi\s*\.(\w+)\(/g)]);
    const called = new Set(calls.map(([, name]) => name));
    const kept = replaced(code, /^ {2}(\w+): \{ method: .*\n/gm, (line, name) => (called.has(name) ? line : ''));
    return { code: replaced(kept, /method: 'get', /g, ''), map: null };
  },
};

const IMPORTS = /import\{([^}]+)\}from[`'"]\.\/index-[^`'"]+[`'"]/;
const EXPORTS = /export\{([^}]+)\}/;

/** The pairs of `a as b,c`, each with both of its names. */
function pairsOf(list: string): (readonly [name: string, alias: string])[] {
  return list.split(',').map((each) => {
    const [name = '', alias = name] = each.trim().split(' as ');
    return [name, alias] as const;
  });
}

/**
 * The first file exports what the other one imports under the names that it has there, so that its imports need no `as`:
 * short names have nothing in common that could be compressed.
 */
export const sharedNames: Plugin = {
  name: 'shared-names',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const chunks = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? [file] : []));
      const [first, other, ...more] = chunks.sort((a, b) => Number(b.isEntry) - Number(a.isEntry));
      const imported = other && IMPORTS.exec(other.code)?.[1];
      const exported = first && EXPORTS.exec(first.code)?.[1];
      if (!imported || !exported || more.length > 0) throw new Error('There are other files: change sharedNames.');
      const names = new Map(pairsOf(imported));
      const shared = pairsOf(exported).map(([name, alias]) => [name, names.get(alias) ?? alias]);
      const list = shared.map(([name, alias]) => (name === alias ? name : `${name} as ${alias}`));
      first.code = first.code.replace(EXPORTS, () => `export{${list.join(',')}}`);
      other.code = other.code.replace(imported, () => [...names.values()].join(','));
    },
  },
};
