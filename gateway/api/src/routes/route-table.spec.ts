import { describe, expect, it } from 'vitest';
import { RouteTable } from './route-table.ts';

const table = new RouteTable();
table.add('/api/v1/books', ['GET', 'HEAD']);
table.add('/api/v1/books', 'POST');
table.add('/api/v1/books/:bookId/pages', 'GET');
table.add('/.well-known/jwks.json', 'GET');

describe('what may be asked of a URL', () => {
  it.each([
    ['/api/v1/books', ['GET', 'HEAD', 'POST']],
    ['/api/v1/books?after=1', ['GET', 'HEAD', 'POST']],
    ['/api/v1/books/1/pages', ['GET']],
    ['/.well-known/jwks.json', ['GET']],
    ['/.well-known/jwksXjson', []],
    ['/api/v1/books/', []],
    ['/api/v1/books//pages', []],
    ['/api/v1/books/1/2/pages', []],
  ])('%s: %j', (url, methods) => {
    expect(table.methodsOf(url)).toEqual(methods);
  });
});
