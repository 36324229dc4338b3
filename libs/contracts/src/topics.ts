import { topicKind } from './language/topic.ts';

/** Every kind of topic there is: its name, and the operation that says who may hear it. */
export const topic = {
  /** What concerns one person: every open screen of theirs hears it from the moment it connects. */
  person: topicKind('person', { grantedBy: 'identity.hearing' }),
  /** What every member of a community sees. */
  community: topicKind('community', { grantedBy: 'communities.hearing' }),
  /** What is said of one post: whoever has it open hears it, for as long as they belong to its community. */
  post: topicKind('post', { grantedBy: 'communities.hearingPost' }),
};
