import { computed, signal } from '@preact/signals';

/** All state of the page lies in the address, so that Back, links and reloads work everywhere. */
export interface Address {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Without the `#`. */
  readonly fragment: string;
}

function current(): Address {
  const { pathname, search, hash } = window.location;
  return { path: pathname, query: new URLSearchParams(search), fragment: hash.slice(1) };
}

export const address = signal(current());
/** The project that the address names, where several have the same id. */
export const projectInAddress = computed(() => address.value.query.get('project') ?? undefined);
export const segments = computed(() => address.value.path.split('/').filter(Boolean).map(decoded));

/** A part of an address that is not valid stays as it is: it names nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Goes to an address of this page. `replace` leaves no entry in the history. */
export function go(href: string, { replace = false } = {}): void {
  if (href === `${window.location.pathname}${window.location.search}${window.location.hash}`) return;
  window.history[replace ? 'replaceState' : 'pushState'](null, '', href);
  address.value = current();
}

/** The list of conversations as it was left: what lies within one leads back to it. */
export const listPlace = { href: '/conversations' };

/** The address with some parts of its query changed; `undefined` removes one. */
export function withQuery(changes: Readonly<Record<string, string | undefined>>): string {
  const { path, query } = address.value;
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Follows links of the page without loading it anew. Modified clicks stay the browser's. */
export function listen(): void {
  window.addEventListener('popstate', () => {
    address.value = current();
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link?.closest('.markdown')) {
      // A link of a model leaves the page only after a question that names where it goes.
      if (!window.confirm(`Open ${link.href}?`)) event.preventDefault();
      return;
    }
    if (!link || link.origin !== window.location.origin || link.target || link.hasAttribute('download')) return;
    event.preventDefault();
    go(`${link.pathname}${link.search}${link.hash}`);
  });
}
