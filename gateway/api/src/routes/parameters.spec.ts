import { isRefusal } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { readParameters } from './parameters.ts';

const read = (path: Record<string, string>, query: string) => {
  const outcome = readParameters(path, query);
  return isRefusal(outcome) ? outcome : JSON.parse(JSON.stringify(outcome.value));
};

describe('the parameters of a request', () => {
  it.each([
    ['', {}],
    ['a=1&b=two', { a: '1', b: 'two' }],
    ['a=&b', { a: '', b: '' }],
    ['a=1=2&&', { a: '1=2' }],
    ['q=a+b%20c%2Bd', { q: 'a b c+d' }],
    ['q=%E6%97%A5%E6%9C%AC', { q: '日本' }],
  ])('in the query "%s" are read once, as text', (query, expected) => {
    expect(read({}, query)).toEqual(expected);
  });

  it('are joined with those of the path', () => {
    expect(read({ id: '7' }, 'limit=5')).toEqual({ id: '7', limit: '5' });
  });

  it('may be called anything', () => {
    const outcome = readParameters({}, '__proto__=1&constructor=2&toString=3');
    expect(isRefusal(outcome) ? outcome : JSON.stringify(outcome.value)).toBe('{"__proto__":"1","constructor":"2","toString":"3"}');
  });

  it.each([
    ['a=1&a=2', ['a']],
    ['a=1&a=1', ['a']],
    ['a=1&%61=2', ['a']],
    ['id=8', ['id']],
    ['__proto__=1&__proto__=2', ['__proto__']],
    ['a=1&b=1&b=2&a=2&a=3', ['b', 'a']],
  ])('that stand twice in "%s" are refused by name', (query, fields) => {
    expect(read({ id: '7' }, query)).toMatchObject({ code: 'request.doubled_field', status: 400, facts: { fields } });
  });

  it.each(['a=%', 'a=%zz', '%E0%A4%A=1', 'a=%ff'])('that are encoded as "%s" are refused', (query) => {
    expect(read({}, query)).toMatchObject({ code: 'request.malformed_url', status: 400 });
  });
});
