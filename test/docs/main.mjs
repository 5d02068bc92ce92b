// npm run docs: writes the pages that are made from what is registered.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('write.ts', import.meta.url));
const flags = ['--conditions=containr-src', '--disable-warning=ExperimentalWarning'];
const child = spawn(process.execPath, [...flags, program], { stdio: 'inherit' });
child.once('close', (code) => process.exit(code ?? 1));
