import { z } from 'zod';
import { refusal } from '../language/refusal.ts';

/**
 * What a person is called in links and mentions. Plain letters, digits, underscores and dots only: no letter of another script looks
 * like one of these. Folded where it comes in, so that each is one handle however it is written.
 */
export const Handle = z
  .string()
  .trim()
  .regex(/^[A-Za-z](?:[A-Za-z0-9_]|\.(?![.]|$)){2,29}$/, 'is to be 3 to 30 of a-z, 0-9, _ and ., beginning with a letter, with no two dots in a row and none at the end')
  .toLowerCase()
  .meta({ examples: ['asha.rao'] });

export const HandleTaken = refusal('identity.handle_taken', 409, 'Somebody has this handle, or had it lately', 'Choose another one');
export const HandleReserved = refusal('identity.handle_reserved', 409, 'This handle is nobody’s to have', 'Choose another one');
export const HandleGivenUpLately = refusal('identity.handle_given_up_lately', 409, 'You have given up as many handles as may be in a month', 'Try again when `possibleAt` has come');
