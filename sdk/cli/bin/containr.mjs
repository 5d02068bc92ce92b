#!/usr/bin/env node
import { main } from '@containr/cli';

process.exitCode = await main(process.argv.slice(2));
