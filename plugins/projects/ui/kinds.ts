import type { IconName } from '@containr/ui-kit';
import type { ServiceDocument } from '../src/contract.ts';

type Kind = ServiceDocument['kind'];

/** Icon of each kind of service. */
export const kindIcons: Readonly<Record<Kind, IconName>> = {
  web: 'globe',
  worker: 'processor',
  cron: 'clock',
  database: 'database',
  static: 'image',
};

/** Kinds that can be made here, with what they are for. */
export const kindChoices: readonly { readonly value: Kind; readonly label: string }[] = [
  { value: 'web', label: 'Web: answers requests' },
  { value: 'static', label: 'Static: files only' },
  { value: 'worker', label: 'Worker: runs without an address' },
  { value: 'cron', label: 'Cron: runs by a schedule' },
];
