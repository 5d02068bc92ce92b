import type { PluginContext, Principal } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import type { VariableChangeDocument } from '../contract.ts';
import type { Kept, KeptVariable } from './kept.ts';
import { showChange } from './history.ts';
import { openValue } from './open.ts';

/** What differs between the variables of two revisions of a service, those included that they refer to; of what is secret only its name. */
export function compareKept(
  secrets: PluginContext['secrets'],
  principal: Principal,
  before: Kept,
  after: Kept,
): VariableChangeDocument[] {
  const [from, to] = [named(before), named(after)];
  return [...new Set([...from.keys(), ...to.keys()])].sort().flatMap((name) => {
    const [old, now] = [from.get(name) ?? null, to.get(name) ?? null];
    if (old && now && same(secrets, old, now)) return [];
    return [showChange(principal, { name, before: old, after: now })];
  });
}

function named({ variables, links }: Kept): Map<string, KeptVariable> {
  const slugs = new Map(Object.entries(links.services).map(([slug, id]) => [id, slug]));
  return new Map([
    ...variables.map((variable): [string, KeptVariable] => [variable.name, variable]),
    ...links.variables.map((variable): [string, KeptVariable] => [
      `${slugs.get(variable.node) ?? variable.node}.${variable.name}`,
      variable,
    ]),
  ]);
}

function same(secrets: PluginContext['secrets'], a: KeptVariable, b: KeptVariable): boolean {
  if (a.kind !== b.kind || a.available !== b.available) return false;
  if (a.value === b.value && a.id === b.id) return true;
  try {
    // The same text is sealed anew when keys are rotated.
    return openValue(secrets, a) === openValue(secrets, b);
  } catch (error) {
    if (isContainrError(error)) return false;
    throw error;
  }
}
