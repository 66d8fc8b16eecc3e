import { useEffect } from 'preact/hooks';

/** The title of the browser's tab. */
export function useTitle(text: string | undefined): void {
  useEffect(() => {
    document.title = text ? `${text} · Spanport` : 'Spanport';
  }, [text]);
}
