import { defineMigration } from '@containr/sdk';

/** Lists go by id, which grows with time, and what serves is looked for every few seconds. */
export const listIndexes = defineMigration({
  name: '0012-list-indexes',
  up: [
    'create index deployments_list on deployments (organisation, id desc)',
    'create index deployments_list_of_status on deployments (organisation, status, id desc)',
    'create index deployments_list_of_service on deployments (service, id desc)',
    'create index deployments_list_of_environment on deployments (environment, id desc)',
    `create index deployments_serving on deployments (service) where status in ('live', 'watching')`,
  ],
});
