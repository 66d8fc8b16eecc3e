/** Small lists of texts that this browser keeps: filters, views, hidden columns. Damaged content is an empty list. */
export function storedList(key: string): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

export function storeList(key: string, values: readonly string[]): void {
  if (values.length === 0) localStorage.removeItem(key);
  else localStorage.setItem(key, JSON.stringify(values));
}
