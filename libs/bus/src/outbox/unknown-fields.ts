/** The paths of fields that were given but that a schema did not let through, however deep. */
export function unknownFields(given: unknown, kept: unknown, path = ''): string[] {
  if (typeof given !== 'object' || given === null || typeof kept !== 'object' || kept === null) return [];
  return Object.entries(given).flatMap(([name, value]) => {
    const here = path === '' ? name : `${path}.${name}`;
    if (value === undefined) return [];
    return name in kept ? unknownFields(value, (kept as Record<string, unknown>)[name], here) : [here];
  });
}
