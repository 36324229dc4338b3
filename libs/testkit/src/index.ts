import './matchers.ts';

export { Ear, type Heard } from './ear.ts';
export { askOperation, sendOperation, type HttpOptions } from './http.ts';
export { lettersTo, letterTo, tokenIn, type LetterRead } from './letters.ts';
export { MelaProcess } from './mela-process.ts';
export { rowsNamingTests, titlesOfTests, type NamedTest } from './named-tests.ts';
export { Problem } from './problem.ts';
export { openDatabase, type ServiceDatabase } from './service-database.ts';
export { Someone } from './someone.ts';
export { openWorld, World, type Scenario } from './world.ts';
export type { WorldAddresses } from './world-process.ts';
