/**
 * The program that the runtime suite starts: `app.cjs` at the root of the source, run by `node app.cjs`. What it does is
 * chosen by variables, so that one artifact serves every test.
 */
export const conformanceApp = `
const http = require('node:http');
const { MODE, CODE, PORT, SECRET, LINES } = process.env;
process.on('SIGTERM', () => { console.log('stopping'); process.exit(0); });
if (MODE === 'exit') process.exit(Number(CODE));
else if (MODE === 'lines') {
  for (let n = 0; n < Number(LINES); n += 1) { console.log('out ' + n); console.error('err ' + n); }
  setInterval(() => {}, 1000);
} else {
  http.createServer((request, response) => {
    if (request.url === '/eat') { const eaten = []; setInterval(() => eaten.push(Buffer.alloc(30000000, 1)), 5); }
    if (request.url === '/exit') process.exit(3);
    response.end(JSON.stringify({ secret: SECRET, port: PORT }));
  }).listen(Number(PORT), '0.0.0.0', () => console.log('listening'));
}
`;
