// Mocha's spec reporter, with the closing line that tools read, and no silent skips where CI says that everything must run.
const { reporters } = require('mocha');

module.exports = class ClosingLine extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.on('pending', (test) => {
      if (process.env.CI === 'true') console.log(`      skipped, but with CI=true nothing may be: ${test.fullTitle()}`);
    });
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      const refused = process.env.CI === 'true' ? pending : 0;
      if (refused > 0) process.exitCode = 1;
      process.once('exit', () => console.log(`${passes} passed, ${failures + refused} failed, ${pending - refused} skipped`));
    });
  }
};
