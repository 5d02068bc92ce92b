/** An application that answers with a text; `extra` runs in each request, `atStart` before it listens. */
export function app(
  text: string,
  more: { extra?: string; atStart?: string; plan?: Readonly<Record<string, unknown>>; listen?: string } = {},
): Record<string, string> {
  return {
    'plan.json': JSON.stringify({ build: ['echo building', `echo ${text} > built.txt`], ...more.plan }),
    'server.mjs': `import http from 'node:http'; import { readFileSync } from 'node:fs';
${more.atStart ?? ''}
http.createServer((q, r) => { ${more.extra ?? ''} r.end(readFileSync('built.txt')); }).listen(${more.listen ?? 'process.env.PORT'}, () => console.log('listening for ${text}'));`,
  };
}
