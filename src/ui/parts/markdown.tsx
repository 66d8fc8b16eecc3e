import { Lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import { type ComponentChildren, h, type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Safe } from './safe-text.tsx';

const KEYWORDS: Readonly<Record<string, string>> = {
  sql: 'select from where and or not null is in as on join left right inner outer group order by desc asc limit offset insert into values update set delete create alter drop table index view column with having distinct union all case when then else end',
  js: 'const let var function return if else for while of in new class extends import export from await async try catch throw typeof null undefined true false interface type readonly',
  py: 'def return if elif else for while in not and or is none true false import from as class with try except raise lambda yield await async pass',
  sh: 'if then else fi for do done in case esac export sudo',
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

/**
 * The Markdown of a model. Its tokens become elements of a fixed set, and everything else is text: no HTML is ever parsed,
 * so that there is nothing to sanitise.
 */
export function Markdown({ text }: { readonly text: string }): JSX.Element {
  const content = useMemo(() => elementsOf(Lexer.lex(text, { gfm: true })), [text]);
  return <div class="markdown">{content}</div>;
}

function elementsOf(tokens: readonly Token[] = []): ComponentChildren[] {
  return tokens.map((token) => elementOf(token as MarkedToken));
}

function elementOf(token: MarkedToken): ComponentChildren {
  switch (token.type) {
    case 'paragraph':
      return <p>{elementsOf(token.tokens)}</p>;
    case 'heading':
      return h(`h${token.depth}`, null, elementsOf(token.tokens));
    case 'blockquote':
      return <blockquote>{elementsOf(token.tokens)}</blockquote>;
    case 'list':
      return listOf(token);
    case 'table':
      return tableOf(token);
    case 'code':
      return codeOf(token);
    case 'hr':
      return <hr />;
    case 'space':
    case 'def':
      return null;
    case 'text':
      return 'tokens' in token && token.tokens ? elementsOf(token.tokens) : <Safe text={decoded(token.text)} />;
    default:
      return inlineOf(token);
  }
}

function inlineOf(token: MarkedToken): ComponentChildren {
  switch (token.type) {
    case 'strong':
      return <strong>{elementsOf(token.tokens)}</strong>;
    case 'em':
      return <em>{elementsOf(token.tokens)}</em>;
    case 'del':
      return <del>{elementsOf(token.tokens)}</del>;
    case 'codespan':
      return (
        <code>
          <Safe text={token.text} />
        </code>
      );
    case 'br':
      return <br />;
    case 'checkbox':
      return token.checked ? '☑ ' : '☐ ';
    case 'escape':
      return token.text;
    case 'link':
      return linkOf(token);
    case 'image':
      // Nothing is loaded: the address stands in the place of the image.
      return (
        <span class="not-loaded">
          <Safe text={`${token.text || 'image'} (${token.href}, not loaded)`} />
        </span>
      );
    // HTML of a model, and whatever a later version of the parser adds, is text.
    default:
      return <Safe text={token.raw} />;
  }
}

/** Only addresses of the web and of mail become links, and each names its host or its mailbox. */
function linkOf({ href, tokens, raw }: Tokens.Link): ComponentChildren {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (!url || !/^(https?|mailto):$/.test(url.protocol)) return <Safe text={raw} />;
  const target = url.host || url.pathname;
  const text = tokens.map((token) => token.raw).join('');
  return (
    <a href={url.href} title={url.href} target="_blank" rel="noreferrer noopener">
      {elementsOf(tokens)}
      {!text.includes(target) && ` (${target})`}
    </a>
  );
}

function listOf({ ordered, start, items }: Tokens.List): JSX.Element {
  const content = items.map((item, index) => <li key={index}>{elementsOf(item.tokens)}</li>);
  return ordered ? <ol start={Number(start) || 1}>{content}</ol> : <ul>{content}</ul>;
}

function tableOf({ header, rows, align }: Tokens.Table): JSX.Element {
  const style = (column: number) => ({ textAlign: align[column] ?? 'left' });
  return (
    <table>
      <thead>
        <tr>
          {header.map(({ tokens }, index) => (
            <th key={index} style={style(index)}>
              {elementsOf(tokens)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((cells, row) => (
          <tr key={row}>
            {cells.map(({ tokens }, index) => (
              <td key={index} style={style(index)}>
                {elementsOf(tokens)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function codeOf({ text, lang = '' }: Tokens.Code): JSX.Element {
  const language = /^[\w+#.-]{1,20}/.exec(lang)?.[0] ?? '';
  return (
    <div class="code">
      <pre // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by key
        tabIndex={0}
      >
        <code>{withWords(text, language)}</code>
      </pre>
      {language !== '' && <small>{language}</small>}
    </div>
  );
}

/** Code with the words of its language in medium weight: enough to see its shape, without a parser for each language. */
function withWords(text: string, language: string): ComponentChildren {
  const name = language.toLowerCase();
  const words = new Set((KEYWORDS[SAME[name] ?? name] ?? '').split(' '));
  if (words.size <= 1) return <Safe text={text} />;
  return text
    .split(/([A-Za-z_]+)/)
    .map((piece, index) =>
      words.has(piece.toLowerCase()) && piece !== '' ? <b key={index}>{piece}</b> : <Safe key={index} text={piece} />,
    );
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: '\u00A0',
  '#39': "'",
};

/** The references to characters that models write. The result is text all the same. */
function decoded(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|nbsp|#39);/g, (raw, name: string) => ENTITIES[name] ?? raw);
}
