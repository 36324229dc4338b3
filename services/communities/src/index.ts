export { communitiesService } from './communities.module.ts';
