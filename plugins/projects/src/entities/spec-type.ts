import type { Platform, TransformContext } from '@mikro-orm/core';
import { JsonType } from '@mikro-orm/core';
import type { ServiceSpec } from '../contract.ts';
import { completeSpec } from '../contract.ts';

/** A spec in its column. What was added to specs after it was written gets its default as it is read; stored ones never change. */
export class SpecType extends JsonType {
  override convertToJSValue(value: unknown, platform: Platform, context?: TransformContext): ServiceSpec {
    return completeSpec(super.convertToJSValue(value, platform, context));
  }
}
