/** A Node app that answers with a text, plain JavaScript without packages. */
export function nodeApp(text: string): Record<string, string> {
  return {
    'package.json': JSON.stringify({
      name: 'app',
      version: '1.0.0',
      private: true,
      engines: { node: '24.x' },
      scripts: { start: 'node server.js' },
    }),
    'server.js': `const http = require('node:http');
const server = http.createServer((request, response) => {
  if (request.url === '/slow') return setTimeout(() => response.end(${JSON.stringify(text)}), 1500);
  response.end(${JSON.stringify(text)});
});
server.keepAliveTimeout = 65000;
server.listen(process.env.PORT, () => console.log('listening on ' + process.env.PORT));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`,
  };
}

/** An app whose build fails. */
export const brokenBuild = {
  'package.json': JSON.stringify({
    name: 'app',
    private: true,
    scripts: { build: 'echo about to fail && exit 3', start: 'node server.js' },
  }),
  'server.js': '',
};

/** An app that stays up and never listens. */
export const neverListens = {
  'package.json': JSON.stringify({ name: 'app', private: true, scripts: { start: 'node server.js' } }),
  'server.js': 'setInterval(() => {}, 1000);',
};

/** An app that answers, and dies when somebody asks for `/crash`. */
export const crashesWhenAsked = {
  'package.json': JSON.stringify({ name: 'app', private: true, scripts: { start: 'node server.js' } }),
  'server.js': `require('node:http').createServer((q, s) => { if (q.url === '/crash') { console.error('boom'); process.exit(7); } s.end('doomed'); }).listen(process.env.PORT);`,
};
