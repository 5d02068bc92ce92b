import type { Fault, Graph, Linkable } from './graph.ts';
import { targetOf } from './graph.ts';
import { parseReferences } from './parse.ts';

/** Longest text that Linux takes as one variable of a process, without its end. */
export const longestValue = 131_071;

/** A value, or why there is none. */
export type Substituted = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly fault: Fault };

/** Puts values where references are. Only for variables whose references were followed without a fault. */
export function createSubstitution<V extends Linkable>(
  graph: Graph<V>,
  read: { value(variable: V): string; builtIn(node: string, name: string): string | null },
): (node: string, name: string) => Substituted {
  const known = new Map<string, Substituted>();

  function substitute(node: string, name: string): Substituted {
    const key = `${node} ${name}`;
    const before = known.get(key);
    if (before) return before;
    const made = make(node, name);
    known.set(key, made);
    return made;
  }

  function make(node: string, name: string): Substituted {
    const variable = graph.find(node, name);
    if (!variable) return builtIn(node, name);
    const parsed = parseReferences(read.value(variable));
    if (!parsed.ok) return wrong(`${graph.slug(node)}.${name} ${parsed.message}.`, 'Correct its value.');
    let value = '';
    for (const part of parsed.parts) {
      if ('text' in part) value += part.text;
      else {
        const found = substitute(targetOf(graph, node, part.reference) ?? '', part.reference.name);
        if (!found.ok) return found;
        value += found.value;
      }
      if (value.length > longestValue)
        return wrong(
          `${graph.slug(node)}.${name} grows beyond ${longestValue} characters when its references are put in.`,
          'Refer to less in one variable.',
        );
    }
    return { ok: true, value };
  }

  function builtIn(node: string, name: string): Substituted {
    const value = read.builtIn(node, name);
    if (value !== null) return { ok: true, value };
    return {
      ok: false,
      fault: {
        code: 'VARIABLE_MISSING',
        detail: `${graph.slug(node)}.${name} has no value: the service has no public address.`,
        hint: 'Turn the ingress on, or take the reference out.',
      },
    };
  }

  return substitute;
}

function wrong(detail: string, hint: string): Substituted {
  return { ok: false, fault: { code: 'REFERENCE_INVALID', detail, hint } };
}
