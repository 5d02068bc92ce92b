import { expect } from 'chai';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';

describe('POST /dockerfile/lint', () => {
  let test: TestPlatform;
  before(async () => {
    test = await startTestPlatform({ plugins: ['dockerfile'] });
  });
  after(() => test.stop());

  const judge = (text: string) => test.console('/dockerfile/lint', { method: 'POST', body: { text } });

  it('says what is wrong, where, and how to mend it', async () => {
    const answer = await judge('FROM shop:1\nADD shop /shop\n');
    expect(answer.status, answer.text).to.equal(200);
    const found = JSON.parse(answer.text).findings.find(({ rule }: { rule: string }) => rule === 'DL3020');
    expect(found).to.deep.include({ severity: 'error', line: 2, column: 1, endLine: 2, endColumn: 4 });
    expect(found.fix.edits).to.deep.equal([{ start: 12, end: 15, text: 'COPY' }]);
  });

  it('gives the first findings of many, and their number', async () => {
    const { findings, total } = JSON.parse((await judge('FROM shop\n'.repeat(1000))).text);
    expect(findings).to.have.length(500);
    expect(total).to.equal(2000);
  });

  it('takes no more than a Dockerfile', async () => {
    expect((await judge('#'.repeat(65537))).status).to.equal(422);
  });

  it('is for those who may', async () => {
    const answer = await test.request('/api/v1/dockerfile/lint', { method: 'POST', body: { text: '' } });
    expect(answer.status).to.equal(401);
  });
});
