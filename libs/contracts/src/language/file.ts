import { z } from 'zod';
import type { Refusal } from './refusal.ts';

/** A file, as a handler answers it. The bus takes a megabyte at the most, so it goes in pieces, and each is read when it is asked for. */
export interface FileAnswer {
  /** What it is called where it is kept, in letters, digits and `.`, `-`, `_`. */
  readonly name: string;
  readonly bytes: number;
  /** Some of it from this byte on, as much as an answer takes; refused where it has gone meanwhile. */
  read(from: number): Promise<Uint8Array | Refusal>;
}

export const FileAnswer = z.custom<FileAnswer>();
