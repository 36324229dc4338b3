interface Listens {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** When a page is looked at again, or its network is back. Elsewhere there is nothing to notice. The answer ends it. */
export function onWaking(wake: () => void): () => void {
  const page = globalThis as Listens & { document?: Listens & { visibilityState?: string } };
  const shown = () => {
    if (page.document?.visibilityState === 'visible') wake();
  };
  page.addEventListener?.('online', wake);
  page.document?.addEventListener?.('visibilitychange', shown);
  return () => {
    page.removeEventListener?.('online', wake);
    page.document?.removeEventListener?.('visibilitychange', shown);
  };
}
