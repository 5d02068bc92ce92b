#!/usr/bin/env node
import { main } from '@containr/plugin-build';

process.exitCode = await main(process.argv.slice(2), process.cwd());
