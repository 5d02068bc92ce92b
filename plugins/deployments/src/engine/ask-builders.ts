import type { PluginContext, Principal, Provider } from '@containr/sdk';
import { ContainrError, isContainrError } from '@containr/sdk';
import type { BuildPlan } from '@containr/sdk/contracts';
import { Builder } from '@containr/sdk/contracts';
import type { LentSources, SourceFolder } from '@containr/sdk/host';
import { causeOfCode, causes } from '../causes.ts';

type Driver = Provider<NonNullable<(typeof Builder)['accepts']>>;
type Question = Parameters<Driver['client']['plan']>[0];

/** A source that wants a plan. */
export interface Asked {
  readonly ctx: Pick<PluginContext, 'services' | 'log' | 'clock'>;
  readonly sources: LentSources;
  readonly folder: SourceFolder;
  readonly about: Omit<Question, 'source'>;
  readonly call: { readonly principal: Principal; readonly signal: AbortSignal };
  /** Told of builders that could not bid, while another one plans. */
  failed(lines: string[]): Promise<void>;
}

interface Bid {
  readonly builder: Driver;
  readonly score: number;
  readonly error?: unknown;
}

type Ask<T> = (question: Question, call: Asked['call']) => Promise<T>;

const passing = new Set(['PLUGIN_GONE', 'DEPENDENCY_DOWN']);
const againMs = 1_000;
const bidMs = 15_000;
const planMs = 120_000;

/** The plan of the builder with the highest bid, or of the one that the spec names. Throws its causes, and `PLAN_NOT_FOUND`. */
export async function askBuilders(asked: Asked): Promise<BuildPlan> {
  const builders = asked.ctx.services.providers(Builder);
  const wanted = asked.about.settings.builder;
  if (wanted !== 'auto') {
    const forced = builders.find((builder) => builder.id === wanted);
    if (!forced) throw notThere(wanted, builders);
    return planOf(asked, forced);
  }
  const bids = await Promise.all(builders.map((builder) => bidOf(asked, builder)));
  const broken = bids.flatMap(({ builder, error }) => (error === undefined ? [] : [{ builder, error }]));
  const [best] = bids
    .filter((bid) => bid.score > 0)
    .sort((a, b) => b.score - a.score || (a.builder.id < b.builder.id ? -1 : 1));
  if (best) {
    const lines = broken.map(({ builder, error }) => `Not asked: ${builder.id} could not bid. ${sentence(error)}`);
    if (lines.length > 0) await asked.failed(lines);
    return planOf(asked, best.builder);
  }
  if (broken[0]) throw asCause(broken[0].builder, broken[0].error);
  throw new ContainrError({
    code: 'PLAN_NOT_FOUND',
    status: 409,
    detail: bids.length === 0 ? 'No builder is switched on.' : causes.PLAN_NOT_FOUND.detail,
    hint:
      bids.length === 0
        ? 'Switch on a plugin that builds: containr plugins enable nixpacks'
        : causes.PLAN_NOT_FOUND.hint,
  });
}

/** One builder that is broken must not keep the others from building. */
async function bidOf(asked: Asked, builder: Driver): Promise<Bid> {
  try {
    const { score } = await lent(asked, builder, bidMs, (question, call) => builder.client.bid(question, call));
    return { builder, score };
  } catch (error) {
    asked.call.signal.throwIfAborted();
    asked.ctx.log.warn({ error, builder: builder.id }, 'A builder could not bid');
    return { builder, score: 0, error };
  }
}

async function planOf(asked: Asked, builder: Driver): Promise<BuildPlan> {
  try {
    const plan = await lent(asked, builder, planMs, (question, call) => builder.client.plan(question, call));
    // Whose plan it is, is not for the plan to say.
    return { ...plan, builder: builder.id };
  } catch (error) {
    asked.call.signal.throwIfAborted();
    throw asCause(builder, error);
  }
}

/** A cause is the builder's own word; what else comes from its plugin or its process is told as what it means here. */
function asCause(builder: Driver, error: unknown): unknown {
  if (!isContainrError(error) || causeOfCode(error.code, '', null) !== null) return error;
  return new ContainrError({
    code: 'PLAN_NOT_FOUND',
    status: 409,
    detail: `The builder ${builder.id} failed (${error.code}). ${error.message}`,
    hint: error.hint ?? 'Read the log of its plugin, or choose another builder in the service’s settings.',
    cause: error,
  });
}

/** Asks a builder, once more when its process ended or was being replaced: it is back within a second. */
async function lent<T>(asked: Asked, builder: Driver, ms: number, ask: Ask<T>): Promise<T> {
  try {
    return await lentOnce(asked, builder, ms, ask);
  } catch (error) {
    if (!isContainrError(error) || !passing.has(error.code)) throw error;
    await asked.ctx.clock.sleep(againMs, asked.call.signal);
    return lentOnce(asked, builder, ms, ask);
  }
}

async function lentOnce<T>(
  { sources, folder, about, call }: Asked,
  builder: Driver,
  ms: number,
  ask: Ask<T>,
): Promise<T> {
  const late = AbortSignal.timeout(ms);
  const signal = AbortSignal.any([call.signal, late]);
  return sources.during(folder, call.principal, async (source) => {
    const ended = Promise.withResolvers<never>();
    const end = (): void => ended.reject(late.aborted ? tooSlow(builder.id, ms) : signal.reason);
    signal.addEventListener('abort', end, { once: true });
    try {
      return await Promise.race([ask({ source, ...about }, { principal: call.principal, signal }), ended.promise]);
    } finally {
      signal.removeEventListener('abort', end);
    }
  });
}

function notThere(wanted: string, builders: readonly Driver[]): ContainrError {
  return new ContainrError({
    code: 'PLAN_NOT_FOUND',
    status: 409,
    detail: `The builder "${wanted}" that the service asks for is not there.`,
    hint: `Choose one of: auto, ${builders.map((builder) => builder.id).join(', ')}; or switch its plugin on.`,
  });
}

function tooSlow(builder: string, ms: number): ContainrError {
  return new ContainrError({
    code: 'TIMEOUT',
    status: 504,
    detail: `The builder ${builder} did not answer within ${ms / 1000} s.`,
    hint: 'Read the log of its plugin, or choose another builder in the service’s settings.',
  });
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
