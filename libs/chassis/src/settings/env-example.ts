import { z } from 'zod';
import type { SettingsSchema } from './settings.ts';

/** `.env.example`, from the same schemas that the boot reads: a setting that is not in it does not exist. */
export function envExample(groups: Readonly<Record<string, SettingsSchema>>): string {
  const written = new Set<string>();
  const sections = Object.entries(groups).map(([title, schema]) => {
    const lines = Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([name, type]) => {
      if (written.has(name)) return [];
      written.add(name);
      const fallback = type.safeParse(undefined);
      const needed = fallback.success ? '' : ' (needed)';
      const value = fallback.success && fallback.data !== undefined ? String(fallback.data) : '';
      return [`# ${type.description ?? name}${needed}`, `${fallback.success ? '# ' : ''}${name}=${value}`, ''];
    });
    return lines.length === 0 ? '' : [`### ${title}`, '', ...lines].join('\n');
  });
  return ['# Every setting there is. Written by `mela doctor --env-example`; a test compares it.', '', ...sections.filter(Boolean)].join('\n');
}
