import type { Migration } from '@containr/sdk';

/** The chain and its head. Rows are only ever added; a database superuser can still change them, which the verifier names. */
export const auditMigrations: readonly Migration[] = [
  {
    name: 'audit-0001',
    up: [
      `create table audit (
         position bigint primary key,
         at timestamptz not null,
         organisation_id text,
         principal_kind text not null,
         principal_id text not null,
         principal_name text not null,
         principal_via text not null,
         action text not null,
         plugin text not null,
         targets jsonb not null,
         status integer,
         request_id text,
         address text,
         previous text not null,
         hash text not null)`,
      `create index audit_of_organisation on audit (organisation_id, position)`,
      `create table audit_head (
         single boolean primary key default true check (single),
         position bigint not null,
         hash text not null,
         signature text not null)`,
      `create function refuse_audit_change() returns trigger language plpgsql as $$
         begin raise exception 'The audit log only grows: % on % is refused', tg_op, tg_table_name; end $$`,
      `create trigger audit_only_grows before update or delete or truncate on audit
         for each statement execute function refuse_audit_change()`,
      `create function keep_audit_head() returns trigger language plpgsql as $$
         begin
           if new.position < old.position then raise exception 'The head of the audit log never goes back'; end if;
           return new;
         end $$`,
      `create trigger audit_head_goes_on before update on audit_head for each row execute function keep_audit_head()`,
      `create trigger audit_head_stays before delete or truncate on audit_head
         for each statement execute function refuse_audit_change()`,
    ],
  },
];
