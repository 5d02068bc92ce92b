import { expect } from 'chai';
import { validate, validatorOf } from './validate.ts';

describe('validation', () => {
  const schema = () => ({
    type: 'object',
    properties: { n: { type: 'integer', default: 3 } },
    required: ['n'],
    additionalProperties: false,
  });

  it('compiles schemas of the same text once, however often they are made', () => {
    expect(validatorOf(schema(), 'plain')).to.equal(validatorOf(schema(), 'plain'));
    expect(validatorOf(true, 'plain')).to.equal(validatorOf(true, 'plain'));
    expect(validatorOf(schema(), 'plain')).not.to.equal(validatorOf(schema(), 'coercing'));
  });

  it('fills defaults, coerces only where told, and names each wrong field', () => {
    expect(validate(schema(), {}, 'It')).to.deep.equal({ n: 3 });
    expect(validate(schema(), { n: '7' }, 'It', { coerce: true })).to.deep.equal({ n: 7 });
    expect(() => validate(schema(), { n: '7', m: 1 }, 'It'))
      .to.throw('/n must be integer')
      .with.nested.property('errors[0].path', '/m');
  });
});
