import { expect } from 'chai';
import { labelChange, labelLines } from './node-labels.ts';

describe('labels of a node in one line', () => {
  it('are read back as they were shown, and what is left out is taken away', () => {
    const labels = { region: 'eu', disk: 'ssd' };
    expect(labelChange(labels, labelLines(labels))).to.deep.equal(labels);
    expect(labelChange(labels, 'region = us,, gpu')).to.deep.equal({ region: 'us', disk: null, gpu: '' });
    expect(labelChange({}, '')).to.deep.equal({});
  });
});
