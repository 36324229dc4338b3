import { z } from 'zod';

/** UUIDv7, made by the service that owns the thing, or by the client where it must work offline. */
export const Id = z.uuid().toLowerCase().meta({ description: 'A UUID (version 7)' });
/** An instant in UTC, ISO 8601. */
export const Instant = z.iso.datetime();
// PostgreSQL stores neither: a NUL would be a broken query, half of a surrogate pair would come back as another character.
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
/** Text that means something: trimmed, composed (NFC), never empty. */
export const Text = (max: number) => z.string().trim().normalize('NFC').min(1).max(max).refine(isStorable, 'Holds a character that is none');
export const Markdown = (max: number) => Text(max).meta({ description: 'Markdown; rendered without HTML' });

export const Cursor = z.string().max(200).meta({ description: 'Opaque: send back what `next` held' });

/** What every list takes. Numbers arrive as text in a query string. */
export const pageOf = { after: Cursor.optional(), limit: z.coerce.number().int().min(1).max(100).default(20) };

/** What every list answers: the items, and where the next page begins. */
export const Page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });

/** A readable, valid id for examples: id(7) is always the same. */
export const id = (n: number): string => `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
