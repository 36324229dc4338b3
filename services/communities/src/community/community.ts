import type { Community } from '@mela/contracts';
import { v7 as uuidv7 } from 'uuid';

/** A community, as it is kept: the tenant that posts, products and events belong to. */
export interface CommunityState {
  readonly id: string;
  readonly name: string;
  readonly about: string;
  readonly version: number;
  readonly createdAt: Date;
}

export type NewCommunity = Pick<CommunityState, 'id' | 'name' | 'about'>;

export const foundCommunity = ({ name, about = '' }: { name: string; about?: string | undefined }): NewCommunity => ({ id: uuidv7(), name, about });

export const asCommunity = ({ id, name, about, createdAt }: CommunityState): Community => ({ id, name, about, createdAt: createdAt.toISOString() });
