import type { Reference } from './parse.ts';
import { written } from './parse.ts';

/** The node of what is shared: variables of the environment over those of its project. */
export const sharedNode = 'shared';

/** What following references needs to know of a variable. */
export interface Linkable {
  readonly name: string;
  readonly kind: 'plain' | 'secret' | 'sealed';
  readonly refs?: readonly Reference[];
  /** Written by somebody who may set sealed variables: only then a sealed value flows into it. */
  readonly grant?: boolean;
}

/** Variables of services (by id) and of {@link sharedNode}, as references see them. */
export interface Graph<V extends Linkable = Linkable> {
  find(node: string, name: string): V | undefined;
  /** Node of a service's slug; `undefined` when there is none in this environment. */
  node(slug: string): string | undefined;
  /** Slug of a node, for people. */
  slug(node: string): string;
  /** Whether the platform itself gives a node such a variable. */
  builtIn(node: string, name: string): boolean;
}

/** Why a variable has no value. */
export interface Fault {
  readonly code: 'VARIABLE_MISSING' | 'REFERENCE_CYCLE' | 'REFERENCE_REFUSED' | 'REFERENCE_INVALID';
  readonly detail: string;
  readonly hint: string;
}

/** How secret a value is: that of the most secret one it was made of. */
export type Secrecy = Linkable['kind'];

/** What following the references of one variable found. */
export type Followed =
  | { readonly ok: true; readonly secrecy: Secrecy; readonly depth: number }
  | { readonly ok: false; readonly fault: Fault };

/** Longest chain of references. */
export const longestChain = 32;

const order: readonly Secrecy[] = ['plain', 'secret', 'sealed'];

/** Follows references; remembers what it found, so one follower serves a whole environment. */
export function createFollower(graph: Graph): (node: string, name: string) => Followed {
  const known = new Map<string, Followed>();
  const under: string[] = [];

  function follow(node: string, name: string): Followed {
    const key = `${node} ${name}`;
    const before = known.get(key);
    if (before) return before;
    const variable = graph.find(node, name);
    if (!variable) return graph.builtIn(node, name) ? { ok: true, secrecy: 'plain', depth: 1 } : missing(node, name);
    if (under.includes(key)) return cycle(under.slice(under.indexOf(key)));
    if (under.length >= longestChain) return tooLong();
    under.push(key);
    const found = through(node, variable);
    under.pop();
    // What was found inside of a circle depends on where it was entered: only its first one keeps it.
    if (found.ok || under.length === 0) known.set(key, found);
    return found;
  }

  function through(node: string, variable: Linkable): Followed {
    let secrecy: Secrecy = variable.kind;
    let depth = 1;
    for (const reference of variable.refs ?? []) {
      const target = targetOf(graph, node, reference);
      if (target === undefined) return noService(graph.slug(node), variable.name, reference);
      const found = follow(target, reference.name);
      if (!found.ok) return found;
      if (found.secrecy === 'sealed' && variable.grant !== true) return refused(node, variable.name, reference);
      if (order.indexOf(found.secrecy) > order.indexOf(secrecy)) secrecy = found.secrecy;
      depth = Math.max(depth, found.depth + 1);
    }
    return depth > longestChain ? tooLong() : { ok: true, secrecy, depth };
  }

  const of = (node: string, name: string) => `${graph.slug(node)}.${name}`;
  const fault = (code: Fault['code'], detail: string, hint: string): Followed => ({
    ok: false,
    fault: { code, detail, hint },
  });
  const missing = (node: string, name: string) => {
    const from = under.at(-1)?.split(' ');
    const by = from ? `${of(from[0] ?? '', from[1] ?? '')} refers to ${of(node, name)}, and there` : 'There';
    return fault('VARIABLE_MISSING', `${by} is no such variable.`, `Set ${of(node, name)}, or change the reference.`);
  };
  const noService = (slug: string, name: string, reference: Reference) =>
    fault(
      'VARIABLE_MISSING',
      `${slug}.${name} refers to ${written(reference)}, and there is no service ${reference.service ?? ''} in this environment.`,
      'Correct the reference, or make that service.',
    );
  const cycle = (keys: readonly string[]) => {
    const steps = [...keys, keys[0] ?? ''].map((key) => of(...(key.split(' ') as [string, string])));
    return fault(
      'REFERENCE_CYCLE',
      `References go in a circle: ${steps.join(' → ')}.`,
      'Give one of these variables a value of its own.',
    );
  };
  const tooLong = () =>
    fault(
      'REFERENCE_INVALID',
      `A chain of references is longer than ${longestChain}.`,
      'Refer to the variable at its end directly.',
    );
  const refused = (node: string, name: string, reference: Reference) =>
    fault(
      'REFERENCE_REFUSED',
      `${of(node, name)} refers to the sealed variable ${written(reference)}, and who wrote it may not use sealed variables.`,
      'Have somebody with the permission secret:write set it.',
    );
  return follow;
}

/** Node that a reference of a variable on `node` points into. */
export function targetOf(graph: Graph, node: string, { service }: Reference): string | undefined {
  if (service === null) return node;
  return service === sharedNode ? sharedNode : graph.node(service);
}
