import { expect } from 'chai';
import type { PluginPackage } from './package.ts';
import { readManifest } from './package.ts';
import type { Reserved } from './resolve.ts';
import { resolve } from './resolve.ts';

const nothing: Reserved = { segments: [], roots: [], permissions: [] };

function plugin(name: string, manifest: Readonly<Record<string, unknown>> = {}, version = '1.0.0'): PluginPackage {
  const full = readManifest(name, { displayName: name, requires: {}, permissions: {}, segments: [], ...manifest });
  return { name, version, directory: '/', manifest: full, load: () => Promise.reject(new Error('not loaded here')) };
}

function problemOf(packages: readonly PluginPackage[], name: string, reserved = nothing) {
  const problem = resolve(packages, reserved).problems.get(name);
  return problem && { code: problem.code, message: problem.message };
}

describe('resolving plugins', () => {
  it('orders them by what they need, then by name', () => {
    const { order, problems } = resolve(
      [plugin('c'), plugin('b', { requires: { z: '^1' } }), plugin('z'), plugin('a', { requires: { b: '^1' } })],
      nothing,
    );
    expect(order).to.deep.equal(['z', 'b', 'a', 'c']);
    expect(problems.size).to.equal(0);
  });

  it('names both sides of what is missing, too old, or circular', () => {
    expect(problemOf([plugin('a', { requires: { b: '^1' } })], 'a')).to.deep.equal({
      code: 'PLUGIN_MISSING',
      message: 'a needs the plugin b (^1), which is not installed.',
    });
    expect(problemOf([plugin('a', { requires: { b: '^2' } }), plugin('b')], 'a')).to.deep.equal({
      code: 'PLUGIN_VERSION',
      message: 'a needs b ^2, but 1.0.0 is installed.',
    });
    const circle = [plugin('a', { requires: { b: '*' } }), plugin('b', { requires: { a: '*' } }), plugin('c')];
    expect(problemOf(circle, 'b')).to.deep.equal({
      code: 'PLUGIN_CYCLE',
      message: 'These plugins need each other in a circle: a → b → a.',
    });
    expect(problemOf(circle, 'c')).to.equal(undefined);
  });

  it('takes an optional need that is missing for none, but not one of the wrong version', () => {
    const needs = { requires: { b: { range: '^2', optional: true } } };
    expect(problemOf([plugin('a', needs)], 'a')).to.equal(undefined);
    expect(problemOf([plugin('a', needs), plugin('b')], 'a')).to.include({ code: 'PLUGIN_VERSION' });
  });

  it('names both sides of a segment, root or permission that is taken, also by the kernel', () => {
    const two = (manifest: Readonly<Record<string, unknown>>) =>
      problemOf([plugin('a', manifest), plugin('b', manifest)], 'b');
    expect(two({ segments: ['things'] })).to.deep.equal({
      code: 'SEGMENT_TAKEN',
      message: 'b claims the segment "things", which a already has.',
    });
    expect(two({ roots: ['git'] })).to.include({ code: 'ROOT_TAKEN' });
    expect(two({ permissions: { 'thing:read': 'See' } })).to.include({ code: 'PERMISSION_TAKEN' });
    const kernel = { ...nothing, segments: ['plugins'] };
    expect(problemOf([plugin('a', { segments: ['plugins'] })], 'a', kernel)).to.deep.equal({
      code: 'SEGMENT_TAKEN',
      message: 'a claims the segment "plugins", which the kernel already has.',
    });
  });

  it('refuses a manifest that its schema does not know, and says which plugin', () => {
    expect(() => plugin('a', { segment: ['x'] }))
      .to.throw(/^a: .*segment is not a known field/)
      .with.property('code', 'MANIFEST_INVALID');
  });
});
