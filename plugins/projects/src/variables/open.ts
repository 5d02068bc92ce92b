import type { PluginContext, Principal } from '@containr/sdk';
import { ContainrError, isContainrError } from '@containr/sdk';
import { Environment } from '../entities/environment.entity.ts';
import { Project } from '../entities/project.entity.ts';
import type { Service } from '../entities/service.entity.ts';
import { Service as Services } from '../entities/service.entity.ts';
import { builtInValue, isBuiltIn } from '../references/built-in.ts';
import type { Fault } from '../references/graph.ts';
import { createFollower } from '../references/graph.ts';
import { createSubstitution } from '../references/substitute.ts';
import { describeServices } from '../services/describe.ts';
import type { Kept, KeptVariable } from './kept.ts';
import { revisionGraph } from './revision-graph.ts';

type Ctx = Pick<PluginContext, 'hooks' | 'log' | 'secrets' | 'store'>;

/** Variables with everything put in. */
export interface Opened {
  /** What a replica gets. */
  readonly variables: Record<string, string>;
  /** What a build gets: nothing that is secret, or made of something secret. */
  readonly build: Record<string, string>;
  /** Names of those that must not be shown. */
  readonly secretNames: string[];
}

/**
 * Opens what is sealed and follows references. Throws `SECRET_UNREADABLE`, `VARIABLE_MISSING`, `REFERENCE_CYCLE`, `REFERENCE_REFUSED`
 * or `REFERENCE_INVALID`: there is no half of an environment.
 */
export async function openVariables(ctx: Ctx, principal: Principal, service: Service, kept: Kept): Promise<Opened> {
  const graph = revisionGraph(service, kept);
  const follow = createFollower(graph);
  const facts = await builtInFacts(ctx, principal, service, kept);
  const substitute = createSubstitution(graph, {
    value: (variable) => openValue(ctx.secrets, variable),
    builtIn: (node, name) => (isBuiltIn(name) ? (facts(node, name) ?? null) : null),
  });
  const opened: Opened = { variables: {}, build: {}, secretNames: [] };
  for (const { name, available } of kept.variables) {
    const followed = follow(service.id, name);
    if (!followed.ok) throw refused(followed.fault);
    const made = substitute(service.id, name);
    if (!made.ok) throw refused(made.fault);
    const secret = followed.secrecy !== 'plain';
    if (secret && available === 'build') throw refused(secretForBuild(service.slug, name));
    if (available !== 'build') opened.variables[name] = made.value;
    if (available !== 'run' && !secret) opened.build[name] = made.value;
    if (secret) opened.secretNames.push(name);
  }
  return opened;
}

/** The value of a kept variable, opened. Throws `SECRET_UNREADABLE` with its name. */
export function openValue(secrets: PluginContext['secrets'], variable: KeptVariable): string {
  if (variable.kind === 'plain') return variable.value;
  try {
    return secrets.open(variable.id, variable.value);
  } catch (error) {
    if (!isContainrError(error)) throw error;
    throw new ContainrError({
      code: 'SECRET_UNREADABLE',
      status: 500,
      detail: `The ${variable.kind} variable ${variable.name} can't be opened: it was changed, or its key is missing.`,
      hint: 'Set it again, or restore the key ring of this install from a backup.',
      cause: error,
    });
  }
}

/** Built-in variables by node; other plugins are asked only when an address is referred to. */
async function builtInFacts(
  ctx: Ctx,
  principal: Principal,
  service: Service,
  kept: Kept,
): Promise<(node: string, name: Parameters<typeof builtInValue>[0]) => string | null> {
  const wanted = [...kept.variables, ...kept.links.variables].some((variable) =>
    variable.refs?.some((reference) => isBuiltIn(reference.name)),
  );
  if (!wanted) return () => null;
  const { rows, environment, project } = await ctx.store.for(principal).transaction(async ({ em }) => ({
    rows: await em.find(Services, { id: { $in: [service.id, ...Object.values(kept.links.services)] } }),
    environment: await em.findOne(Environment, { id: service.environment }),
    project: await em.findOne(Project, { id: service.project }),
  }));
  const documents = new Map((await describeServices(ctx, rows)).map((document) => [document.id, document]));
  return (node, name) => {
    const document = documents.get(node);
    if (!document) return null;
    return builtInValue(name, {
      service: document.slug,
      environment: environment?.slug ?? '',
      project: project?.slug ?? '',
      url: document.urls[0] ?? null,
    });
  };
}

function refused({ code, detail, hint }: Fault): ContainrError {
  return new ContainrError({ code, status: 409, detail, hint });
}

function secretForBuild(slug: string, name: string): Fault {
  return {
    code: 'REFERENCE_REFUSED',
    detail: `${slug}.${name} is for the build only and refers to a secret, and what is secret never reaches a build.`,
    hint: 'Make it available at run time, or refer to something plain.',
  };
}
