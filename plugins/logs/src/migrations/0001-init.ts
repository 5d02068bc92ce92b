import { defineMigration } from '@containr/sdk';

/** Lines in the order of arrival; `cursor` grows by commit order inside one service. */
export const init = defineMigration({
  name: '0001-init',
  up: [
    `create table lines (
       cursor bigserial primary key,
       organisation uuid not null,
       service uuid not null,
       deployment uuid,
       phase text,
       source text not null,
       seq bigint not null,
       at timestamptz not null,
       stream text not null,
       text text not null,
       unique (service, source, seq)
     )`,
    'create index lines_by_service on lines (service, cursor)',
    'create index lines_by_deployment on lines (deployment, cursor) where deployment is not null',
  ],
});
