/**
 * Writes one declaration file for each entry of the package, with the declarations that its exports need and no others.
 * Internals have no declaration files that an editor could offer to import. TypeScript 7 has no compiler API, so the
 * declarations of `tsc` are read with the parser of rolldown.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { entries } from '../rolldown.config.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** @returns the text of each entry's declaration file */
export function declarations() {
  // Within the repository, so that the types of packages are found.
  const folder = mkdtempSync(join(repository, 'node_modules/.types-'));
  try {
    const tsc = join(repository, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, '-p', join(repository, 'tsconfig.build.json'), '--outDir', folder], {
      stdio: 'inherit',
    });
    const modules = new Map();
    return new Map(entries.map((entry) => [entry, bundle(moduleAt(join(folder, `${entry}.d.ts`), modules), modules)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A parsed file: what it declares, imports and exports, by name. */
function moduleAt(path, modules) {
  const known = modules.get(path);
  if (known) return known;
  const text = readFileSync(path, 'utf8');
  const module = { path, declared: new Map(), imported: new Map(), exported: new Map(), starred: [] };
  modules.set(path, module);
  const { body } = parseAst(text, { lang: 'dts' }, path);
  body.forEach((statement, index) => {
    const comment = text.slice(body[index - 1]?.end ?? 0, statement.start);
    read(module, statement, text, comment.slice(Math.max(0, comment.lastIndexOf('/**'))).trimStart());
  });
  return module;
}

function read(module, statement, text, comment) {
  const source = statement.source && fileOf(module.path, statement.source.value);
  if (statement.type === 'ImportDeclaration') {
    for (const { type, local, imported } of statement.specifiers) {
      const name = type === 'ImportSpecifier' ? imported.name : type === 'ImportDefaultSpecifier' ? 'default' : '*';
      module.imported.set(local.name, { source, name });
    }
  } else if (statement.type === 'ExportAllDeclaration') module.starred.push(source);
  else if (statement.type !== 'ExportNamedDeclaration') declare(module, statement, text, comment, false);
  else if (statement.declaration) declare(module, statement.declaration, text, comment, true);
  else {
    for (const { local, exported, exportKind } of statement.specifiers) {
      const isType = statement.exportKind === 'type' || exportKind === 'type';
      module.exported.set(exported.name, { source, name: local.name, isType });
    }
  }
}

function declare(module, declaration, text, comment, isExported) {
  const names = declaration.declarations?.map(({ id }) => id.name) ?? [declaration.id.name];
  const code = text.slice(declaration.start, declaration.end).replace(/^declare /, '');
  const isType = /^TS(TypeAlias|Interface)Declaration$/.test(declaration.type);
  const offset = text.slice(declaration.start).startsWith('declare ') ? declaration.start + 8 : declaration.start;
  const part = {
    code: isType ? code : `declare ${code}`,
    comment: comment.startsWith('/**') ? `${comment.slice(0, comment.indexOf('*/') + 2)}\n` : '',
    identifiers: identifiersIn(declaration, isType ? offset : offset - 8),
  };
  for (const name of names) {
    // A function has one declaration for each of its overloads.
    const known = module.declared.get(name);
    module.declared.set(name, { module, name, isType, parts: [...(known?.parts ?? []), part] });
    if (isExported) module.exported.set(name, { name, isType });
  }
}

/** Every identifier that may refer to something outside the declaration. */
function identifiersIn(declaration, offset) {
  const found = [];
  const visit = (node, parent, key) => {
    if (Array.isArray(node)) {
      for (const each of node) visit(each, parent, key);
      return;
    }
    if (!node || typeof node.type !== 'string') return;
    if (node.type === 'TSImportType') throw new Error('A public type has no name: import("…") is in a declaration.');
    const isName = (key === 'key' && !parent.computed) || (key === 'property' && parent.type === 'MemberExpression');
    if (
      node.type === 'Identifier' &&
      !isName &&
      key !== 'label' &&
      !(key === 'right' && parent.type === 'TSQualifiedName')
    ) {
      found.push({ name: node.name, start: node.start - offset, end: node.start + node.name.length - offset });
    }
    for (const [name, child] of Object.entries(node)) if (name !== 'parent') visit(child, node, name);
  };
  visit(declaration);
  return found;
}

const isOwn = (source) => source.startsWith('/');

function fileOf(importer, specifier) {
  return specifier.startsWith('.') ? resolve(dirname(importer), specifier.replace(/\.ts$/, '.d.ts')) : specifier;
}

/** Follows a name to its declaration, or to the package that it comes from. */
function find(module, name, modules, isType = false) {
  const entry = module.exported.get(name);
  if (!entry) {
    for (const source of module.starred) {
      const found = find(moduleAt(source, modules), name, modules, isType);
      if (found) return found;
    }
    return undefined;
  }
  if (entry.source) return follow({ source: entry.source, name: entry.name }, modules, isType || entry.isType);
  return local(module, entry.name, modules, isType || entry.isType);
}

function local(module, name, modules, isType = false) {
  const declared = module.declared.get(name);
  if (declared) return { declared, isType: isType || declared.isType };
  const imported = module.imported.get(name);
  return imported && follow(imported, modules, isType);
}

function follow({ source, name }, modules, isType) {
  return isOwn(source)
    ? find(moduleAt(source, modules), name, modules, isType)
    : { external: { source, name }, isType };
}

function exportsOf(module, modules) {
  const names = new Set(module.exported.keys());
  for (const source of module.starred)
    for (const name of exportsOf(moduleAt(source, modules), modules)) names.add(name);
  return [...names];
}

/** @returns the text of one file with everything that a module exports */
function bundle(entry, modules) {
  const names = new Map();
  const taken = new Set();
  const externals = new Map();
  const order = [];
  const nameOf = (target) => {
    const key = target.declared ?? `${target.external.source}#${target.external.name}`;
    const known = names.get(key);
    if (known) return known;
    const wanted = target.declared?.name ?? target.external.name;
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}${number}`;
    taken.add(name);
    names.set(key, name);
    if (target.declared) collect(target.declared, name);
    else externals.set(name, target.external);
    return name;
  };
  const collect = (declared, name) => {
    const texts = [];
    order.push(texts);
    for (const { code, comment, identifiers } of declared.parts) {
      let text = code;
      for (const { name: used, start, end } of identifiers.toSorted((a, b) => b.start - a.start)) {
        const target = used === declared.name ? { declared } : local(declared.module, used, modules);
        const renamed = target?.declared === declared ? name : target && nameOf(target);
        if (renamed && renamed !== used) text = text.slice(0, start) + renamed + text.slice(end);
      }
      texts.push(comment + text);
    }
  };
  const exported = exportsOf(entry, modules).map((name) => {
    const target = find(entry, name, modules);
    const own = nameOf(target);
    return `${target.isType ? 'type ' : ''}${own === name ? name : `${own} as ${name}`}`;
  });
  return [
    ...importsOf(externals),
    ...order.flat(),
    `export { ${exported.toSorted((a, b) => a.replace('type ', '').localeCompare(b.replace('type ', ''), 'en')).join(', ')} };`,
  ]
    .join('\n')
    .concat('\n');
}

function importsOf(externals) {
  const bySource = new Map();
  for (const [name, { source, name: imported }] of externals) {
    bySource.set(source, [...(bySource.get(source) ?? []), imported === name ? name : `${imported} as ${name}`]);
  }
  return [...bySource].map(([source, names]) => {
    const [only = ''] = names;
    if (only.startsWith('* as ')) return `import type ${only} from '${source}';`;
    if (only.startsWith('default as ')) return `import type ${only.slice('default as '.length)} from '${source}';`;
    return `import type { ${names.toSorted().join(', ')} } from '${source}';`;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [entry, text] of declarations()) {
    for (const folder of ['dist', 'dist/cjs']) writeFileSync(join(repository, folder, `${entry}.d.ts`), text);
  }
}
