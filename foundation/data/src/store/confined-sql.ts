import { ContainrError } from '@containr/sdk';

const unitStarts = /^\s*(select|insert|update|delete|with|savepoint|release|rollback\s+to)\b/i;
const migrationStarts =
  /^\s*(create\s+((unlogged\s+)?table|(unique\s+)?index|sequence|type)|(alter|drop)\s+(table|index|sequence|type)|comment\s+on|insert|update|delete|select)\b/i;
// Functions that any role may call and that reach beyond the caller's own rows: settings, locks, messages, objects, and those
// that run a text as SQL; and the platform's own tables beside the plugin's. A function can only be called by its name, and a name can only be hidden by U&.
const refusedNames =
  /(?<![a-z_$])(set_config|pg_notify|pg_(try_)?advisory_\w*|(query|cursor)_to_xml\w*|ts_stat|ts_rewrite|lo_\w+|lo(read|write)|pg_logical_\w*|pg_export_snapshot|dblink\w*|containr_\w*)(?![\w$])/i;
const hiddenNames = /U&\s*["']/i;

/**
 * Refuses SQL of a plugin that is not trusted when it could leave its transaction or its settings. What it may read and write
 * is not decided here but by its role. Throws `SQL_REFUSED`.
 */
export function checkConfinedSql(sql: string, kind: 'unit' | 'migration'): void {
  if (!(kind === 'unit' ? unitStarts : migrationStarts).test(sql)) {
    const allowed =
      kind === 'unit'
        ? 'select, insert, update, delete, with and savepoints'
        : 'tables, indexes, sequences, types, comments and rows';
    throw refused(`it begins with "${sql.trim().slice(0, 20)}"; allowed are ${allowed}`);
  }
  const name = refusedNames.exec(sql)?.[1];
  if (name !== undefined) throw refused(`it names ${name}`);
  if (hiddenNames.test(sql)) throw refused('it spells a name or text with U&');
}

function refused(why: string): ContainrError {
  return new ContainrError({
    code: 'SQL_REFUSED',
    status: 403,
    detail: `A statement of an isolated plugin is refused: ${why}.`,
    hint: 'Give one statement at a time on the plugin’s own tables, or trust the plugin.',
  });
}
