import DOMPurify from 'dompurify';
import { Marked } from 'marked';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

/** Raw HTML of a model is text. Images load nothing: their address stands in their place. */
const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ href, text }) =>
      `<span class="not-loaded">${escaped(text || 'image')} (${escaped(href)}, not loaded)</span>`,
  },
});

const ALLOWED_TAGS =
  'p br hr strong em del code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table thead tbody tr th td a span'.split(' ');

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
    if (!/^(language-[\w-]{1,20}|not-loaded)$/.test(element.className)) element.removeAttribute('class');
  }
  const holder = document.createElement('div');
  holder.append(clean);
  return holder.innerHTML;
}
