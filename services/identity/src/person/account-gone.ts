import { InvalidToken } from '@mela/contracts';

/** To whoever comes with a token that outlived its owner. */
export const AccountGone = () => InvalidToken('Its account is gone');
