#!/usr/bin/env node
import { main } from 'create-containr-plugin';

process.exitCode = await main(process.argv.slice(2), process.cwd());
