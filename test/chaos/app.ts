/** A small app: answers with its version and its greeting, and has a command that tells the counter that it ran. */
export function crashApp(
  version: string,
  counter: string,
  more: { build?: string; start?: string } = {},
): Record<string, string> {
  return {
    'package.json': JSON.stringify({
      name: 'app',
      version: '1.0.0',
      private: true,
      engines: { node: '24.x' },
      scripts: { start: more.start ?? 'node server.js', ...(more.build ? { build: more.build } : {}) },
    }),
    'server.js': `const http = require('node:http');
const says = ${JSON.stringify(version)} + ' ' + (process.env.GREETING ?? 'none');
const server = http.createServer((request, response) => response.end(says));
server.keepAliveTimeout = 65000;
server.listen(process.env.PORT);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`,
    'once.js': `fetch('${counter}/' + (process.argv[2] ?? ${JSON.stringify(version)})).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1));
`,
  };
}
