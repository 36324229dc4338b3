import { describe, expect, it } from 'vitest';
import { mayConnect } from './origin.ts';

describe('which pages may connect', () => {
  it.each([
    ['a client that is no browser', undefined, [], false, true],
    ['a listed page', 'https://app.example', ['https://app.example'], false, true],
    ['another page', 'https://evil.example', ['https://app.example'], false, false],
    ['a listed name behind another port', 'https://app.example:8443', ['https://app.example'], false, false],
    ['a name that begins like a listed one', 'https://app.example.evil', ['https://app.example'], false, false],
    ['any page, when none is listed', 'https://app.example', [], false, false],
    ['a page of this machine, in production', 'http://localhost:5173', [], false, false],
    ['a page of this machine, while developing', 'http://localhost:5173', [], true, true],
    ['the same by number', 'http://127.0.0.1:3000', [], true, true],
    ['the same by number, version 6', 'http://[::1]:3000', [], true, true],
    ['a page of this machine that is not on the list', 'http://localhost:5173', ['https://app.example'], true, false],
    ['a foreign page, while developing', 'https://evil.example', [], true, false],
    ['a name that only looks local', 'http://localhost.evil.example', [], true, false],
    ['a sandboxed page', 'null', [], true, false],
  ])('%s', (_who, origin, listed, development, admitted) => {
    expect(mayConnect(origin, listed, development)).toBe(admitted);
  });
});
