import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { RuntimeCatalogue } from '@containr/plugin-nixpacks/contract';
import { validate } from '@containr/sdk/host';
import { expect } from 'chai';
import { Owner } from '../road/api.ts';
import { get, startLoad } from '../road/http.ts';
import { Install } from '../road/install.ts';
import { Repository } from '../road/repository.ts';
import { until } from '../road/until.ts';

/** One application that nobody here wrote, or a small one in a language of its own: its repository, and what its page says. */
interface App {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly page: RegExp;
  readonly spec?: Readonly<Record<string, unknown>>;
}

const apps: readonly App[] = [
  {
    name: 'verdaccio',
    files: {
      'package.json': JSON.stringify({
        name: 'registry',
        private: true,
        engines: { node: '24.x' },
        dependencies: { verdaccio: '6.10.4' },
        overrides: { 'node-fetch': '2.7.0' },
        scripts: { start: 'verdaccio --listen 0.0.0.0:$PORT --config ./config.yaml' },
      }),
      'config.yaml':
        'storage: /tmp/storage\nauth:\n  htpasswd:\n    file: /tmp/htpasswd\npackages:\n  "**":\n    access: $all\nlog: { type: stdout, format: pretty, level: warn }\n',
    },
    page: /verdaccio/i,
    spec: { resources: { cpu: 1, memoryBytes: 1_073_741_824 } },
  },
  {
    name: 'node-red',
    files: {
      'package.json': JSON.stringify({
        name: 'flows',
        private: true,
        engines: { node: '24.x' },
        dependencies: { 'node-red': '5.0.7' },
        scripts: { start: 'node-red --port $PORT --userDir /tmp/node-red' },
      }),
    },
    page: /node-red/i,
    spec: { resources: { cpu: 1, memoryBytes: 1_073_741_824 } },
  },
  {
    name: 'python',
    files: {
      'requirements.txt': '',
      'main.py':
        'import http.server, os\nclass H(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n        self.send_response(200); self.end_headers(); self.wfile.write(b"hello from python")\nhttp.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), H).serve_forever()\n',
      Procfile: 'web: python main.py\n',
    },
    page: /hello from python/,
  },
  {
    name: 'go',
    files: {
      'go.mod': 'module example.org/hello\n\ngo 1.19\n',
      'main.go':
        'package main\n\nimport (\n\t"fmt"\n\t"net/http"\n\t"os"\n)\n\nfunc main() {\n\thttp.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello from go") })\n\thttp.ListenAndServe(":"+os.Getenv("PORT"), nil)\n}\n',
    },
    page: /hello from go/,
  },
  {
    name: 'vite',
    files: {
      'package.json': JSON.stringify({
        name: 'site',
        private: true,
        type: 'module',
        engines: { node: '24.x' },
        scripts: { build: 'vite build' },
        devDependencies: { vite: '7.3.8' },
      }),
      'index.html': '<!doctype html><title>hello from vite</title><script type="module" src="/main.js"></script>',
      'main.js': 'document.body.textContent = "built";',
    },
    page: /hello from vite/,
  },
  {
    name: 'dockerfile',
    files: {
      Dockerfile:
        'FROM %NODE_IMAGE%\nWORKDIR /app\nCOPY server.js .\nEXPOSE 4000\nENV PORT=4000\nCMD ["node", "server.js"]\n',
      'server.js':
        'require("node:http").createServer((q, s) => s.end("hello from a Dockerfile")).listen(process.env.PORT, "0.0.0.0");',
    },
    page: /hello from a Dockerfile/,
  },
];

const catalogue = process.env['CONTAINR_TEST_CATALOGUE'];
const possible = catalogue !== undefined && existsSync(catalogue) && existsSync('/var/run/docker.sock');

(possible ? describe : describe.skip)('real applications on docker', function () {
  this.timeout(600_000);
  let install: Install;
  let owner: Owner;
  let nodeImage = '';
  const repositories: Repository[] = [];

  before(async () => {
    const known = validate<RuntimeCatalogue>(
      RuntimeCatalogue,
      JSON.parse(await readFile(catalogue ?? '', 'utf8')),
      'The catalogue of the tests',
    );
    nodeImage = known.runtimes['node']?.[0]?.image ?? '';
    install = await Install.prepare({ CONTAINR_RUNTIME: 'docker', CONTAINR_RUNTIME_CATALOGUE: catalogue ?? '' }, [
      '--no-sample',
    ]);
    const ready = await install.start();
    owner = await Owner.claim(ready.dashboard, ready.setup);
  });
  after(async () => {
    for (const repository of repositories) await repository.remove();
    await install?.destroy();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(await install.log());
  });

  for (const app of apps) {
    it(`${app.name} is pushed and answers with its own page`, async () => {
      const files = Object.fromEntries(
        Object.entries(app.files).map(([name, text]) => [name, text.replace('%NODE_IMAGE%', nodeImage)]),
      );
      const service = await owner.makeService('apps', app.name, { watchMs: 500, ...app.spec });
      const repository = await Repository.make(files);
      repositories.push(repository);
      const push = await repository.push(owner.gitUrl(service));
      const url = (await owner.service(service.id)).urls[0] ?? '';
      const answer = await until(
        `${app.name} answers`,
        async () => {
          const found = await get(url);
          return found.status === 200 ? found : undefined;
        },
        20_000,
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${push.output}`);
      });
      expect(answer.text).to.match(app.page);
    });
  }

  it('a second push switches under an open-loop load of 100 a second for 30 s with no failure', async () => {
    const app = apps.find(({ name }) => name === 'python');
    const service = await owner.makeService('apps', 'switched', { watchMs: 500 });
    const repository = await Repository.make(app?.files ?? {});
    repositories.push(repository);
    await repository.push(owner.gitUrl(service));
    const url = (await owner.service(service.id)).urls[0] ?? '';
    await until('it answers', async () => (await get(url)).status === 200);
    const load = startLoad(url, 100);
    await sleep(5000);
    await repository.commit('Change', {
      'main.py': (app?.files['main.py'] ?? '').replace('hello from python', 'changed'),
    });
    const push = await repository.push(owner.gitUrl(service));
    expect(push.code, push.output).to.equal(0);
    await sleep(20_000);
    const result = await load.stop();
    expect(result.sent).to.be.greaterThan(2400);
    expect(result.failures, JSON.stringify(result.failures.slice(0, 5))).to.have.length(0);
    expect([...result.texts.keys()].sort()).to.deep.equal(['changed', 'hello from python']);
  });
});
