export { realtimeGateway, realtimeGatewayOf } from './target.ts';
export { RealtimeSettings } from './settings.ts';
