import type { EffectDetail } from '@containr/sdk';
import { Meter } from '@containr/sdk/host';

/** Handlers that nobody waits for: whatever they throw is a fault, for there is nobody whom it would answer. */
const background = new Set(['job', 'on', 'repeat', 'agent']);

type Work<A extends readonly unknown[], R> = (...given: A) => Promise<R>;

/** A handler that is measured, and what its effect tells about it. */
export function measured<A extends readonly unknown[], R>(
  kind: string,
  label: string,
  work: Work<A, R>,
): { run: Work<A, R>; detail: EffectDetail } {
  const meter = new Meter({ nobodyAsks: background.has(kind) });
  return { run: meter.wrap(work), detail: { kind, handlers: [{ label, meter }] } };
}

/** The methods of a service, each measured by itself. */
export function measuredMethods<M extends object>(
  label: string,
  methods: M,
  names: readonly string[],
): { methods: M; detail: EffectDetail } {
  const handlers = names.map((name) => ({ name, label: `${label} ${name}`, meter: new Meter() }));
  const wrapped = handlers.map(({ name, meter }): [string, unknown] => {
    const method: unknown = Reflect.get(methods, name);
    return [
      name,
      typeof method === 'function'
        ? meter.wrap(async (...given: readonly unknown[]): Promise<unknown> => Reflect.apply(method, methods, given))
        : method,
    ];
  });
  return {
    methods: { ...methods, ...Object.fromEntries(wrapped) },
    detail: { kind: 'service', handlers },
  };
}
