import { useEffect } from 'preact/hooks';
import { oneLine } from './text.ts';

/** The title of the browser's tab. */
export function useTitle(text: string | undefined): void {
  useEffect(() => {
    document.title = text ? `${oneLine(text)} · Spanport` : 'Spanport';
  }, [text]);
}
