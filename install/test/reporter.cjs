// Mocha's spec reporter, with the closing line that tools read, no silent skips where CI says that everything must run, and every
// test named that passed only at its second try: such a test, or what it tests, has a race to be mended.
const { reporters } = require('mocha');

module.exports = class ClosingLine extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const retried = [];
    runner.on('retry', (test, error) => retried.push({ title: test.fullTitle(), error }));
    runner.on('pending', (test) => {
      if (process.env.CI === 'true') console.log(`      skipped, but with CI=true nothing may be: ${test.fullTitle()}`);
    });
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      const refused = process.env.CI === 'true' ? pending : 0;
      if (refused > 0) process.exitCode = 1;
      process.once('exit', () => {
        for (const { title, error } of retried)
          console.log(`tried twice: ${title}: ${error instanceof Error ? error.message : String(error)}`);
        console.log(`${passes} passed, ${failures + refused} failed, ${pending - refused} skipped`);
      });
    });
  }
};
