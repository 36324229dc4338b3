import { describe, expect, it } from 'vitest';
import { Examples, type Schema } from './example.ts';

const components: Record<string, Schema> = { Id: { type: 'string', format: 'uuid' }, Seats: { type: 'integer', minimum: 2 } };
const examples = new Examples(components);
const of = (schema: Schema, name = 'firstName') => examples.of(schema, name);

describe('an example', () => {
  it('is the schema’s own where it has one', () => {
    expect(of({ type: 'string', examples: ['x'], default: 'y' })).toBe('x');
    expect(of({ const: 7 })).toBe(7);
    expect(of({ type: 'string', enum: ['draft', 'sent'] })).toBe('draft');
    expect(of({ type: 'boolean', default: false })).toBe(false);
  });

  it('is otherwise the least that fits', () => {
    expect(of({ type: 'string' })).toBe('Example first name');
    expect(of({ type: 'string', maxLength: 9 })).toBe('Example f');
    expect(of({ type: 'string', minLength: 20 })).toBe('Example first name..');
    expect(of({ type: 'string', format: 'date-time' })).toBe('2030-01-01T09:00:00Z');
    expect(of({ $ref: '#/components/schemas/Seats' })).toBe(2);
    expect(of({ type: 'number', exclusiveMinimum: 0 })).toBe(1);
    expect(of({ type: 'array', items: { type: 'boolean' }, minItems: 2 })).toEqual([true, true]);
  });

  it('of an object holds what has to be there, and all there may be where nothing has to', () => {
    const properties: Record<string, Schema> = { id: { $ref: '#/components/schemas/Id' }, note: { type: 'string' } };
    expect(of({ type: 'object', properties, required: ['note'] })).toEqual({ note: 'Example note' });
    expect(of({ type: 'object', properties })).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), note: 'Example note' });
  });

  it('of a choice takes the first, and of parts all', () => {
    expect(of({ anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }] })).toBe('2030-01-01');
    expect(of({ allOf: [{ type: 'object' }, { properties: { a: { type: 'null' } } }] })).toEqual({ a: null });
  });

  it('gives way to a word that stands for the value', () => {
    expect(new Examples(components, (name) => (name === 'id' ? '{{id}}' : undefined)).of({ type: 'object', properties: { id: { type: 'string' }, at: { type: 'string', format: 'date' } } }, 'body')).toEqual({ id: '{{id}}', at: '2030-01-01' });
  });
});
