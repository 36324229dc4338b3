export { realtimeGateway, realtimeGatewayOf } from './realtime-gateway.ts';
export { RealtimeSettings } from './settings.ts';
