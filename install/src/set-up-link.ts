import type { Platform } from '@containr/kernel';
import { Setup } from '@containr/plugin-auth/contract';

/** The one-time set-up link, or `null` when somebody has claimed the install, or accounts are switched off. */
export async function setUpLink(platform: Platform): Promise<string | null> {
  if (platform.lifecycle.state('auth') !== 'active') return null;
  const { url } = await platform.services.get(Setup).link({}, { principal: platform.console });
  return url;
}
