import { basename } from 'node:path';
import { createRequire } from 'node:module';
import { watchDatabase } from './database.ts';
import { watchFiles } from './files.ts';
import { watchLocalCalls } from './local-calls.ts';
import { Passes } from './passes.ts';
import { watchPrograms } from './programs.ts';
import { watchWire } from './wire.ts';

/**
 * Loaded into the processes of an install under test, before their own code (`node --import`): it names what they pass, and strikes
 * where it is told to. The product knows nothing of it.
 */
const folder = process.env['CONTAINR_CHAOS'];
const program = basename(process.argv[1] ?? '');
const data = process.argv[process.argv.indexOf('--data') + 1];
const role = program === 'control-plane.js' ? 'control' : process.argv.includes('--token-file') ? 'agent' : null;

if (folder !== undefined && data !== undefined && role !== null) {
  const passes = new Passes(folder, role);
  const find = createRequire(process.argv[1] ?? '');
  watchFiles(passes, data);
  watchPrograms(passes);
  watchLocalCalls(passes);
  watchWire(passes, find);
  if (role === 'control') watchDatabase(passes, find);
}
