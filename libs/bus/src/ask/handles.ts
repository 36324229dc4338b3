import type { In, Operation, Outcome } from '@mela/contracts';
import { Injectable, type Type } from '@nestjs/common';
import type { CallerOf } from './caller.ts';

export interface Handling {
  readonly operation: Operation;
  readonly method: string;
}

const HANDLINGS = Symbol('mela.handlings');

/** A class whose methods answer operations: it translates and calls, nothing more. */
export const Api = (): ClassDecorator => Injectable();

/** Binds a method to a contract. A method whose types differ from it does not compile. */
export function Handles<Op extends Operation>(operation: Op) {
  return <Handler extends (input: In<Op>, caller: CallerOf<Op>) => Outcome<Op> | Promise<Outcome<Op>>>(
    prototype: object,
    method: string,
    _descriptor: TypedPropertyDescriptor<Handler>,
  ): void => {
    const handlings = handlingsOf(prototype.constructor as Type);
    Reflect.defineMetadata(HANDLINGS, [...handlings, { operation, method }], prototype.constructor);
  };
}

export const handlingsOf = (api: Type): readonly Handling[] => Reflect.getOwnMetadata(HANDLINGS, api) ?? [];
