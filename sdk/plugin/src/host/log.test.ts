import { expect } from 'chai';
import { createLogger } from './log.ts';

function capture() {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({
    level: 'debug',
    name: 'test',
    destination: { write: (line) => lines.push(JSON.parse(line)) },
  });
  return { lines, log };
}

describe('log', () => {
  it('redacts by field name at any depth', () => {
    const { lines, log } = capture();
    log.info(
      { user: 'ada', password: 'p', headers: { Authorization: 'Bearer x', list: [{ apiKey: 'k' }] }, tokens: 3 },
      'hello',
    );
    expect(lines[0]).to.deep.include({
      user: 'ada',
      password: '[redacted]',
      tokens: 3,
      msg: 'hello',
      name: 'test',
      level: 'info',
    });
    expect(lines[0]?.['headers']).to.deep.equal({ Authorization: '[redacted]', list: [{ apiKey: '[redacted]' }] });
  });
  it('writes errors out with their causes', () => {
    const { lines, log } = capture();
    log.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    expect(JSON.stringify(lines[0])).to.contain('outer').and.contain('inner');
  });
  it("adds a child's fields to each line", () => {
    const { lines, log } = capture();
    log.child({ plugin: 'git', secret: 's' }).debug({}, 'x');
    expect(lines[0]).to.deep.include({ plugin: 'git', secret: '[redacted]' });
  });
});
