import { expect } from 'chai';
import { settingPatch } from './setting-patch.ts';

const schema = {
  properties: {
    port: { type: 'integer' },
    name: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    on: { type: 'boolean' },
    mode: { enum: ['auto', '1'] },
    hosts: { type: 'array', items: { type: 'string' } },
    limits: { type: 'object', properties: { cpu: { type: 'number' } } },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
  },
} as const;

describe('settings on the command line', () => {
  it('become what the schema says', () => {
    expect(
      settingPatch(schema, ['port=80', 'name=1=2', 'on=true', 'mode=1', 'hosts=a, b', 'limits.cpu=1.5']),
    ).to.deep.equal({ port: 80, name: '1=2', on: true, mode: '1', hosts: ['a', 'b'], limits: { cpu: 1.5 } });
    expect(settingPatch(schema, ['headers.x-key=1'])).to.deep.equal({ headers: { 'x-key': '1' } });
    expect(settingPatch(schema, ['port=', 'hosts=["a,b"]'])).to.deep.equal({ port: null, hosts: ['a,b'] });
  });
  it('are refused when they are unknown or can’t be read', () => {
    for (const [text, code] of [
      ['nothing=1', 'SETTING_UNKNOWN'],
      ['__proto__.x=1', 'SETTING_UNKNOWN'],
      ['headers.__proto__=1', 'SETTING_UNKNOWN'],
      ['port', 'SETTING_VALUE'],
      ['port=eighty', 'SETTING_VALUE'],
    ])
      expect(() => settingPatch(schema, [text ?? '']))
        .to.throw()
        .with.property('code', code);
  });
});
