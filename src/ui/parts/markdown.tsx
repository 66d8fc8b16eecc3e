import DOMPurify from 'dompurify';
import { Marked } from 'marked';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

/** Raw HTML of a model is text. Images load nothing: their address stands in their place. */
const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escaped(text),
    code: ({ text, lang }) => {
      const language = /^[\w+#.-]{1,20}/.exec(lang ?? '')?.[0] ?? '';
      const label = language === '' ? '' : `<small>${escaped(language)}</small>`;
      return `<div class="code"><pre><code>${marksOf(text, language)}</code></pre>${label}</div>`;
    },
    image: ({ href, text }) =>
      `<span class="not-loaded">${escaped(text || 'image')} (${escaped(href)}, not loaded)</span>`,
  },
});

const ALLOWED_TAGS =
  'p br hr strong em del b small div code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table thead tbody tr th td a span'.split(
    ' ',
  );

const KEYWORDS: Readonly<Record<string, string>> = {
  sql: 'select from where and or not null is in as on join left right inner outer group order by desc asc limit offset insert into values update set delete create alter drop table index view column with having distinct union all case when then else end',
  js: 'const let var function return if else for while of in new class extends import export from await async try catch throw typeof null undefined true false interface type readonly',
  py: 'def return if elif else for while in not and or is none true false import from as class with try except raise lambda yield await async pass',
  sh: 'if then else fi for do done in case esac export sudo',
  go: 'func return if else for range var const type struct interface package import map chan go defer nil true false switch case',
};
const SAME: Readonly<Record<string, string>> = {
  ts: 'js',
  tsx: 'js',
  jsx: 'js',
  javascript: 'js',
  typescript: 'js',
  python: 'py',
  bash: 'sh',
  shell: 'sh',
};

/** Code with the words of its language in medium weight: enough to see its shape, without a parser for each language. */
function marksOf(text: string, language: string): string {
  const name = language.toLowerCase();
  const words = new Set((KEYWORDS[SAME[name] ?? name] ?? '').split(' '));
  return escaped(text).replace(/[A-Za-z_]+/g, (word) => (words.has(word.toLowerCase()) ? `<b>${word}</b>` : word));
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** The Markdown of a model, rendered and then sanitised: hostile content is text. */
export function Markdown({ text }: { readonly text: string }): JSX.Element {
  const html = useMemo(() => safeHtml(text), [text]);
  return <div class="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}

/** @returns HTML of a few tags without attributes that could act */
export function safeHtml(text: string): string {
  const html = marked.parse(text, { async: false });
  const clean = DOMPurify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR: ['href', 'class', 'align'],
    ALLOWED_URI_REGEXP: /^https?:/i,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of clean.querySelectorAll('a')) {
    link.rel = 'noreferrer noopener';
    link.target = '_blank';
    const host = URL.canParse(link.href) ? new URL(link.href).host : '';
    link.title = link.href;
    if (host && !link.textContent?.includes(host)) link.append(` (${host})`);
  }
  for (const element of clean.querySelectorAll('[class]')) {
    if (!/^(code|not-loaded)$/.test(element.className)) element.removeAttribute('class');
  }
  const holder = document.createElement('div');
  holder.append(clean);
  return holder.innerHTML;
}
