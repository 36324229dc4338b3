import type { TestProject } from 'vitest/node';
import { startWorld, type Shape } from './world-process.ts';

/** Global set-up of the flow tests: one world for all of them, in the shape that the project is named after. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shape = project.name.split(':')[1] as Shape;
  const world = await startWorld(shape);
  project.provide('world', world.addresses);
  return world.stop;
}
