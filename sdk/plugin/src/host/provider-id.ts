import { ContainrError } from '../errors.ts';

/** Throws `SERVICE_ID` (403) unless an id is the plugin's own name, or that name, a full stop and a word. */
export function checkProviderId(plugin: string, id: string): void {
  if (id === plugin || (id.startsWith(`${plugin}.`) && /^[a-z0-9-]{1,60}$/.test(id.slice(plugin.length + 1)))) return;
  throw new ContainrError({
    code: 'SERVICE_ID',
    status: 403,
    detail: `${plugin} provides under its own name, not as "${id}".`,
    hint: `Provide as "${plugin}", or as "${plugin}.something" when there are several.`,
  });
}
