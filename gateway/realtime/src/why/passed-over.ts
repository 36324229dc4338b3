import type { PassedOver } from '@mela/contracts';

const REMEMBERED = 10_000;
const LONGEST_ID = 36;

/** Events that lie in the stream and were told to nobody, and why not. */
export class PassedOverEvents {
  private readonly reasons = new Map<string, PassedOver>();

  note(id: string | undefined, why: PassedOver): void {
    if (id === undefined || id.length > LONGEST_ID) return;
    const known = id.toLowerCase();
    // Anew, so that the oldest stay in front.
    this.reasons.delete(known);
    this.reasons.set(known, why);
    if (this.reasons.size > REMEMBERED) this.reasons.delete(this.reasons.keys().next().value!);
  }

  reasonOf(id: string): PassedOver | undefined {
    return this.reasons.get(id);
  }
}
