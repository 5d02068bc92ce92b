import type { PluginContext } from '@containr/sdk';

/** A page of this many findings tells enough; the rest come when some are mended. */
const most = 500;

const Findings = {
  type: 'object',
  properties: {
    findings: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          rule: { type: 'string' },
          severity: { enum: ['error', 'warning', 'info', 'hint'] },
          line: { type: 'integer' },
          column: { type: 'integer' },
          endLine: { type: 'integer' },
          endColumn: { type: 'integer' },
          message: { type: 'string' },
          fix: {
            type: ['object', 'null'],
            properties: {
              title: { type: 'string' },
              edits: {
                type: 'array',
                items: {
                  type: 'object',
                  properties: { start: { type: 'integer' }, end: { type: 'integer' }, text: { type: 'string' } },
                  required: ['start', 'end', 'text'],
                  additionalProperties: false,
                },
              },
            },
            required: ['title', 'edits'],
            additionalProperties: false,
          },
        },
        required: ['rule', 'severity', 'line', 'column', 'endLine', 'endColumn', 'message', 'fix'],
        additionalProperties: false,
      },
    },
    total: { type: 'integer' },
  },
  required: ['findings', 'total'],
  additionalProperties: false,
} as const;

/** `POST /dockerfile/lint`: judges a text; nothing is kept of it. */
export function addRoutes(ctx: PluginContext): void {
  ctx.http.route({
    method: 'POST',
    path: '/dockerfile/lint',
    summary: 'Judge a Dockerfile',
    permission: 'dockerfile:lint',
    body: {
      type: 'object',
      // Long enough for any Dockerfile, and short enough that judging it holds nobody up.
      properties: { text: { type: 'string', maxLength: 65536 } },
      required: ['text'],
      additionalProperties: false,
    },
    response: Findings,
    handler: async ({ body }) => {
      // Loaded when first asked for: an idle install has no use for the rules.
      const { lint } = await import('./lint/lint.ts');
      const all = lint(body.text);
      const findings = all.slice(0, most).map(({ fix, ...finding }) => ({
        ...finding,
        fix: fix ? { title: fix.title, edits: fix.edits.map((edit) => ({ ...edit })) } : null,
      }));
      return { findings, total: all.length };
    },
  });
}
