import { z } from 'zod';

export type SettingsSchema = z.ZodObject;

/** A process reads its environment once, here; whoever needs a setting receives it. */
export type Environment = Readonly<Record<string, string | undefined>>;

export class SettingsFault extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The settings are not right:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

/** Reads several schemas at once and names every fault of all of them: nobody mends one only to meet the next. */
export function readSettings<const S extends Readonly<Record<string, SettingsSchema>>>(
  schemas: S,
  environment: Environment,
): { [K in keyof S]: z.output<S[K]> } {
  // Two schemas may read one setting, and its fault is told once.
  const faults = new Map<string, string>();
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const read = Object.entries(schemas).map(([name, schema]) => {
    const result = schema.safeParse(present);
    for (const issue of result.error?.issues ?? []) {
      const setting = issue.path.join('.');
      const missing = setting !== '' && !(setting in present);
      const fault = `${setting === '' ? name : setting}: ${missing ? 'is missing' : issue.message}`;
      if (!faults.has(fault)) faults.set(fault, fault + hint(schema, setting));
    }
    return [name, result.data];
  });
  if (faults.size > 0) throw new SettingsFault([...faults.values()].sort());
  return Object.fromEntries(read);
}

function hint(schema: SettingsSchema, setting: string): string {
  const described = (schema.shape[setting] as z.ZodType | undefined)?.description;
  return described === undefined ? '' : ` (${described})`;
}

/** Whole numbers and switches arrive as text. */
export const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
export const toggle = z.enum(['true', 'false']).transform((text) => text === 'true');
export const secret = z
  .string()
  .min(32, 'is shorter than 32 characters')
  .refine((value) => !/change.?me|example|secret.?here/i.test(value), 'is a placeholder: make one with `openssl rand -hex 32`');
