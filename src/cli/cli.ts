#!/usr/bin/env node
/**
 * The command as it is called: main.ts, by way of a loader that starts it quickly. Its name is filled in by the
 * build, where it gets a hash.
 */
import { load } from './boot.ts';

load('main.cjs');
