/** An app that answers with its version, slowly or as a stream when asked so, echoes bodies, and takes WebSockets. */
export function changingApp(version: number): Record<string, string> {
  return {
    'package.json': JSON.stringify({
      name: 'changing',
      version: '1.0.0',
      private: true,
      engines: { node: '24.x' },
      scripts: { start: 'node server.js' },
    }),
    'server.js': `const { createServer } = require('node:http');
const { createHash } = require('node:crypto');
const says = 'v${version} ' + (process.env.GREETING ?? 'none');
const sockets = new Set();
const server = createServer((request, response) => {
  if (request.method === 'POST') return request.pipe(response);
  if (request.url === '/slow') return setTimeout(() => response.end(says), 2000);
  if (request.url === '/stream') {
    let left = 10;
    const timer = setInterval(() => {
      response.write('part\\n');
      if (--left === 0) { clearInterval(timer); response.end('end'); }
    }, 400);
    return;
  }
  response.end(says);
});
// Any frame is answered with an empty text frame: enough for a client that wants to know whether it is still connected.
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
  sockets.add(socket);
  socket.on('data', (frame) => ((frame[0] & 15) === 8 ? socket.end(Buffer.from([0x88, 0])) : socket.write(Buffer.from([0x81, 0]))));
  socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
});
server.keepAliveTimeout = 65000;
server.listen(process.env.PORT);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`,
  };
}
