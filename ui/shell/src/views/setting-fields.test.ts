import { expect } from 'chai';
import { changedSettings, settingFields, unreadable } from './setting-fields.ts';

const document = {
  plugin: 'ingress',
  schema: {
    properties: {
      appsDomain: { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'Wildcard domain.' },
      port: { type: 'integer', minimum: 1 },
      ratio: { type: 'number' },
      runtime: { type: 'string', enum: ['auto', 'docker'] },
      secret: { type: 'string', writeOnly: true },
      strict: { type: 'boolean' },
      hosts: { type: 'array', items: { type: 'string' } },
      limits: { type: 'object', properties: { cpu: { type: 'number' }, 'a/b': { type: 'string' } } },
      anything: { type: 'object' },
    },
  },
  value: {
    appsDomain: null,
    port: 8080,
    ratio: 0.5,
    runtime: 'auto',
    strict: false,
    hosts: ['one', 'two'],
    limits: { cpu: 2 },
  },
  secretsSet: ['secret'],
  overridden: ['port'],
  version: 3,
};

describe('quantities in settings', () => {
  const [drain, memory] = settingFields({
    ...document,
    schema: {
      properties: {
        drainMs: { type: 'integer', minimum: 0, maximum: 3_600_000, title: 'Patience' },
        memoryBytes: { type: 'integer', description: 'Of each replica.' },
      },
    },
    value: { drainMs: 90_000, memoryBytes: 536_870_912 },
    overridden: [],
  });

  it('are shown and edited with their unit', () => {
    if (!drain || !memory) throw new Error('There are two fields.');
    expect([drain.label, drain.help, drain.value]).to.deep.equal(['Patience', 'At most 1 h.', '1 min 30 s']);
    expect([memory.label, memory.help, memory.value]).to.deep.equal(['Memory', 'Of each replica.', '512 MiB']);
    const form = { '/drainMs': '2 min', '/memoryBytes': '512 MiB' };
    expect(changedSettings([drain, memory], form)).to.deep.equal({ drainMs: 120_000 });
  });

  it('are refused before they are sent when they say no unit', () => {
    if (!drain) throw new Error('There is a field.');
    expect(unreadable(drain, '30')).to.match(/unit/);
    expect(unreadable(drain, '30 s')).to.equal(null);
    expect(unreadable(drain, drain.value)).to.equal(null);
  });
});

describe('settings of a plugin as a form', () => {
  it('draws what the schema says, nested objects too, and leaves free-form ones to the API', () => {
    const fields = settingFields(document);
    expect(fields.map((field) => [field.path, field.group, field.label, field.kind, field.value])).to.deep.equal([
      ['/appsDomain', null, 'Apps domain', 'text', ''],
      ['/port', null, 'Port', 'integer', 8080],
      ['/ratio', null, 'Ratio', 'number', 0.5],
      ['/runtime', null, 'Runtime', 'text', 'auto'],
      ['/secret', null, 'Secret', 'secret', ''],
      ['/strict', null, 'Strict', 'boolean', false],
      ['/hosts', null, 'Hosts', 'list', 'one\ntwo'],
      ['/limits/cpu', 'Limits', 'Cpu', 'number', 2],
      ['/limits/a~1b', 'Limits', 'A/b', 'text', ''],
    ]);
    expect(fields[1]?.fixed).to.equal(true);
    expect(fields[3]?.choices?.map((choice) => choice.value)).to.deep.equal(['auto', 'docker']);
    expect(fields[4]?.help).to.include('never shown');
  });

  it('sends only what changed, never what is fixed, and null for an emptied field that may be null', () => {
    const fields = settingFields({ ...document, value: { ...document.value, appsDomain: 'apps.example' } });
    const form = Object.fromEntries(fields.map((field) => [field.path, field.value]));
    expect(changedSettings(fields, form)).to.deep.equal({});
    expect(changedSettings(fields, { ...form, '/appsDomain': '', '/port': 1, '/runtime': 'docker' })).to.deep.equal({
      appsDomain: null,
      runtime: 'docker',
    });
    expect(changedSettings(fields, { ...form, '/secret': 'new' })).to.deep.equal({ secret: 'new' });
  });

  it('sends lists as lists, and nested values in their place', () => {
    const fields = settingFields(document);
    expect(
      changedSettings(fields, { '/hosts': ' one \n\nthree', '/limits/cpu': 3, '/limits/a~1b': 'x', '/strict': true }),
    ).to.deep.equal({ hosts: ['one', 'three'], limits: { cpu: 3, 'a/b': 'x' }, strict: true });
  });
});
