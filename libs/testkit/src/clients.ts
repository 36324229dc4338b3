/** How the outside speaks to Mela, for programs that are no vitest run. */
export { Ear, type Heard } from './ear.ts';
export { sendOperation, type HttpOptions } from './http.ts';
