export { apiGateway, apiGatewayOf } from './api-gateway.ts';
export { ApiSettings } from './settings.ts';
