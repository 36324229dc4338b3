/** Who is on which topic, at this gateway or any other: a person counts once, and is gone when gone everywhere. */
export class Roll {
  private readonly topics = new Map<string, Map<string, number>>();

  /** Told when somebody came who was nowhere on the topic, and when somebody is nowhere any more. */
  constructor(private readonly changed: (topic: string, personId: string) => void) {}

  has(topic: string, personId: string): boolean {
    return this.topics.get(topic)?.has(personId) ?? false;
  }

  /** At more than one gateway. */
  hasTwice(topic: string, personId: string): boolean {
    return (this.topics.get(topic)?.get(personId) ?? 0) > 1;
  }

  count(topic: string): number {
    return this.topics.get(topic)?.size ?? 0;
  }

  on(topic: string): Iterable<string> {
    return this.topics.get(topic)?.keys() ?? [];
  }

  /** At one gateway more. */
  add(topic: string, personId: string): void {
    const people = this.topics.get(topic) ?? new Map<string, number>();
    if (people.size === 0) this.topics.set(topic, people);
    const places = people.get(personId) ?? 0;
    people.set(personId, places + 1);
    if (places === 0) this.changed(topic, personId);
  }

  /** At one gateway less. */
  remove(topic: string, personId: string): void {
    const people = this.topics.get(topic);
    const places = people?.get(personId);
    if (!people || places === undefined) return;
    if (places > 1) return void people.set(personId, places - 1);
    people.delete(personId);
    if (people.size === 0) this.topics.delete(topic);
    this.changed(topic, personId);
  }
}
