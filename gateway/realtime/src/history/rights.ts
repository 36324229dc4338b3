import type { Right } from '@mela/contracts';

type Waiting = (began: number) => void;

const nameOf = ({ personId, scope }: Right): string => `${personId} ${scope}`;

/**
 * Where in the stream rights began, as far as the recent past tells. What happened before a right began is not for its owner,
 * however old a cursor they bring.
 */
export class Rights {
  private readonly beginnings = new Map<string, number>();
  private readonly waiting = new Map<string, Set<Waiting>>();

  granted(right: Right, seq: number): void {
    const name = nameOf(right);
    // Anew, so that the oldest stay in front.
    this.beginnings.delete(name);
    this.beginnings.set(name, seq);
    for (const tell of this.waiting.get(name) ?? []) tell(seq);
    this.waiting.delete(name);
  }

  revoked(right: Right): void {
    this.beginnings.delete(nameOf(right));
  }

  /** The place of the event that granted it. */
  beginningOf(right: Right): number | undefined {
    return this.beginnings.get(nameOf(right));
  }

  /** The owner may know of a right before the event has come: it is waited for, though not for ever. */
  soon(right: Right, patienceMs: number): Promise<number | undefined> {
    const known = this.beginningOf(right);
    if (known !== undefined) return Promise.resolve(known);
    const name = nameOf(right);
    const waiting = this.waiting.get(name) ?? new Set();
    this.waiting.set(name, waiting);
    return new Promise((resolve) => {
      const tell: Waiting = (began) => {
        clearTimeout(timer);
        resolve(began);
      };
      const timer = setTimeout(() => {
        waiting.delete(tell);
        if (waiting.size === 0 && this.waiting.get(name) === waiting) this.waiting.delete(name);
        resolve(undefined);
      }, patienceMs);
      waiting.add(tell);
    });
  }

  /** What began before the recent past limits nobody any more. */
  forgetUntil(seq: number): void {
    for (const [name, began] of this.beginnings) {
      if (began > seq) return;
      this.beginnings.delete(name);
    }
  }
}
