import { expect } from 'chai';
import { changedSettings, settingFields } from './setting-fields.ts';

const document = {
  plugin: 'ingress',
  schema: {
    properties: {
      appsDomain: { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'Wildcard domain.' },
      port: { type: 'integer' },
      runtime: { type: 'string', enum: ['auto', 'docker'] },
      secret: { type: 'string', writeOnly: true },
      nested: { type: 'object' },
    },
  },
  value: { appsDomain: null, port: 8080, runtime: 'auto' },
  secretsSet: ['secret'],
  overridden: ['port'],
  version: 3,
};

describe('settings of a plugin as a form', () => {
  it('draws what the schema says, and leaves nested ones to the API', () => {
    const fields = settingFields(document);
    expect(fields.map((field) => [field.key, field.label, field.kind, field.fixed])).to.deep.equal([
      ['appsDomain', 'Apps domain', 'text', false],
      ['port', 'Port', 'number', true],
      ['runtime', 'Runtime', 'text', false],
      ['secret', 'Secret', 'secret', false],
    ]);
    expect(fields[2]?.choices?.map((choice) => choice.value)).to.deep.equal(['auto', 'docker']);
    expect(fields[3]?.value).to.equal('');
  });

  it('sends only what changed, never what is fixed, and null for an emptied field that may be null', () => {
    const fields = settingFields({ ...document, value: { ...document.value, appsDomain: 'apps.example' } });
    expect(changedSettings(fields, { appsDomain: '', port: 1, runtime: 'docker', secret: '' })).to.deep.equal({
      appsDomain: null,
      runtime: 'docker',
    });
    expect(changedSettings(fields, { appsDomain: 'apps.example', secret: 'new' })).to.deep.equal({ secret: 'new' });
  });
});
