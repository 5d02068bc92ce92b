import type { EntityManager } from '@mikro-orm/core';
import type { PluginContext, UnitOfWork } from '@containr/sdk';
import { invalid } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Dotenv, Remark, SetLine } from '../dotenv/parse.ts';
import { parseDotenv } from '../dotenv/parse.ts';
import { Layout, layoutOf, printDotenv } from '../dotenv/print.ts';
import { Variable } from '../entities/variable.entity.ts';
import { VariableText } from '../entities/variable-text.entity.ts';
import { parseReferences } from '../references/parse.ts';
import { defaultAvailability } from './default-availability.ts';
import { keep } from './kept.ts';
import { openValue } from './open.ts';
import type { Owner } from './owner.ts';
import type { Edit } from './written.ts';
import { VariableName, VariableValue } from './written.ts';

type Secrets = Pick<PluginContext, 'secrets'>;

/** How a text is to be taken. */
export interface TextOrder {
  readonly text: string;
  /** Leaves what the text does not name as it is; else the text is the truth, and a removed line removes its variable. */
  readonly merge: boolean;
  /** Kind of what is new. */
  readonly kind: Variable['kind'];
}

/** What a text asks for. */
export interface TextEdits {
  readonly edits: readonly Edit[];
  readonly problems: readonly Remark[];
  readonly warnings: readonly Remark[];
  readonly parsed: Dotenv;
}

/** The variables of an owner as a text, with the comments and the order that people gave them; sealed ones as a mark. */
export async function textOf(ctx: Secrets, em: EntityManager, owner: Owner): Promise<string> {
  const rows = await em.find(Variable, { owner: owner.id }, { orderBy: { name: 'asc' } });
  const printable = rows.map((row) =>
    row.kind === 'sealed'
      ? { name: row.name, value: sealedMark(row), bare: true }
      : { name: row.name, value: openValue(ctx.secrets, keep(row)) },
  );
  return printDotenv(printable, await layoutFor(ctx, em, owner));
}

/** What stands in a text for a sealed value; left as it is, it keeps the value. */
export function sealedMark({ id }: Pick<Variable, 'id'>): string {
  return `<sealed ${id.slice(-8, -4)}-${id.slice(-4)}>`;
}

/** Compares a text with what is there. Nothing is written. */
export async function editsOf(em: EntityManager, owner: Owner, order: TextOrder): Promise<TextEdits> {
  const rows = new Map((await em.find(Variable, { owner: owner.id })).map((row) => [row.name, row]));
  const parsed = parseDotenv(order.text);
  const problems = [...parsed.problems];
  const set = new Map<string, SetLine>();
  for (const line of parsed.lines) if ('name' in line) set.set(line.name, line);
  const edits: Edit[] = [];
  for (const line of set.values()) {
    const row = rows.get(line.name);
    const marked = !line.quoted && /^<sealed .*>$/.test(line.value);
    if (marked && row?.kind === 'sealed' && line.value === sealedMark(row)) continue;
    const message = marked ? 'is marked as sealed, and there is no such sealed value here' : faultOf(line);
    if (message !== null) problems.push({ line: line.line, message: `${line.name} ${message}` });
    const kind = row?.kind ?? order.kind;
    const available = row?.available ?? defaultAvailability(line.name);
    edits.push({ name: line.name, to: { kind, value: line.value, available } });
  }
  if (!order.merge) for (const name of rows.keys()) if (!set.has(name)) edits.push({ name, to: null });
  problems.sort((a, b) => a.line - b.line);
  return { edits, problems, warnings: parsed.warnings, parsed };
}

/** Refuses a text that can't be read as a whole. Throws `INVALID` with the lines. */
export function requireReadable({ problems }: Pick<TextEdits, 'problems'>): void {
  const [first] = problems;
  if (!first) return;
  throw invalid(
    `Line ${first.line}: ${first.message}.`,
    problems.map(({ line, message }) => ({ path: `/text/${line}`, message: `line ${line}: ${message}` })),
    'Correct the named lines and send it again; nothing was changed.',
  );
}

/**
 * Remembers comments and order of a text that was taken, also of one that is only staged: they change nothing that runs. A merged one
 * leaves those that there are.
 */
export async function keepLayout(
  ctx: Secrets,
  unit: UnitOfWork,
  owner: Owner,
  organisation: string,
  { parsed, merge }: { parsed: Dotenv; merge: boolean },
): Promise<void> {
  if (merge && (await unit.em.count(VariableText, { owner: owner.id })) > 0) return;
  const layout = ctx.secrets.seal(placeOfLayout(owner), JSON.stringify(layoutOf(parsed)));
  await unit.em.upsert(VariableText, { owner: owner.id, organisation, layout });
}

/** Remembers for a new owner the comments and order of another one. */
export async function copyLayout(ctx: Secrets, unit: UnitOfWork, from: Owner, to: Owner): Promise<void> {
  const row = await unit.em.findOne(VariableText, { owner: from.id });
  if (!row) return;
  const layout = ctx.secrets.seal(placeOfLayout(to), ctx.secrets.open(placeOfLayout(from), row.layout));
  await unit.em.insert(VariableText, { owner: to.id, organisation: row.organisation, layout });
}

async function layoutFor(ctx: Secrets, em: EntityManager, owner: Owner): Promise<Layout> {
  const row = await em.findOne(VariableText, { owner: owner.id });
  if (!row) return [];
  const text: unknown = JSON.parse(ctx.secrets.open(placeOfLayout(owner), row.layout));
  return validate<Layout>(Layout, text, 'The layout of variables');
}

function placeOfLayout(owner: Owner): string {
  return `text of ${owner.id}`;
}

function faultOf({ name, value }: SetLine): string | null {
  if (name.length > VariableName.maxLength) return `is longer than ${VariableName.maxLength} characters`;
  if (value.length > VariableValue.maxLength) return `has a value of more than ${VariableValue.maxLength} characters`;
  if (value.includes('\0')) return 'has a NUL in its value, which no process takes';
  const references = parseReferences(value);
  return references.ok ? null : references.message;
}
