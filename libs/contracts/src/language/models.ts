import { z } from 'zod';

/** UUIDv7, made by the service that owns the thing, or by the client where it must work offline. */
export const Id = z.uuid().toLowerCase().meta({ description: 'A UUID (version 7)' });
/** An instant in UTC, ISO 8601. */
export const Instant = z.iso.datetime();
/** Half of a surrogate pair would come back as another character. Fillers are letters by name, and nobody sees them. */
const isVisible = (text: string): boolean => text.isWellFormed() && /[\p{L}\p{N}\p{P}\p{S}]/u.test(text.replace(/[\u115f\u1160\u3164\uffa0]/g, ''));
/** Controls break what displays them (PostgreSQL cannot even store NUL), and overrides of direction disguise what is read. */
const CONTROLS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** One line that means something: trimmed, composed (NFC), never empty. */
export const Text = (max: number) => visible(max).refine((text) => !CONTROLS.test(text), 'Holds a control character');
/** Text of many lines. */
export const Markdown = (max: number) =>
  visible(max).refine((text) => !CONTROLS.test(text.replace(/[\n\r\t]/g, '')), 'Holds a control character').meta({ description: 'Markdown; rendered without HTML' });

const visible = (max: number) => z.string().trim().normalize('NFC').min(1).max(max).refine(isVisible, 'Holds nothing that can be read');

export const Cursor = z.string().max(200).meta({ description: 'Opaque: send back what `next` held' });

/** Digits and nothing else: JavaScript would take "0x10" and "1e1" for numbers too. */
const Count = (max: number) => z.preprocess((value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value), z.number().int().min(1).max(max));

/** What every list takes. Numbers arrive as text in a query string. */
export const pageOf = { after: Cursor.optional(), limit: Count(100).default(20) };

/** What every list answers: the items, and where the next page begins. */
export const Page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });

/** Ids in a query string, with commas between them: a name that is given twice is refused. */
export const Ids = (max: number) => z.preprocess((value) => (typeof value === 'string' ? value.split(',') : value), z.array(Id).min(1).max(max));

/** A readable, valid id for examples: id(7) is always the same. */
export const id = (n: number): string => `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
