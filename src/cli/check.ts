/** `cmeksim check`: every problem of every scenario, with nothing run and nothing written. */
import { visible } from '../units/visible.ts';
import { EXIT, exitCode, Stop } from './exit.ts';
import { scenarioFiles } from './inputs.ts';
import type { LoadOptions } from './options.ts';
import { loadFile, tell, type Loaded } from './scenarios.ts';
import type { Terminal } from './terminal.ts';

export function check(
  inputs: readonly string[],
  options: LoadOptions & { readonly format: 'table' | 'json' },
  terminal: Terminal,
): number {
  const { files, wrong } = scenarioFiles(inputs);
  const codes: number[] = wrong.map(() => EXIT.wrong);
  for (const line of wrong) terminal.complain(line);
  const loaded: Loaded[] = [];
  for (const file of files) {
    try {
      const one = loadFile(file, options);
      loaded.push(one);
      if (one.plan === null) codes.push(EXIT.wrong);
      if (options.format === 'table') tell(one.problems, terminal);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      terminal.complain(error.message);
      codes.push(error.code);
    }
  }
  if (options.format === 'json') {
    const entries = loaded.map(({ file, plan, problems }) => ({ file, valid: plan !== null, problems }));
    terminal.out(JSON.stringify(entries, null, 2));
  } else {
    for (const { file, plan, problems } of loaded) {
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      const warnings = problems.length - errors;
      const counts = [count(errors, 'problem'), count(warnings, 'warning')].filter(Boolean).join(', ');
      terminal.out(
        `${visible(file)}: ${plan === null ? 'wrong' : 'valid'}${counts === '' ? '' : `, ${counts}`}`,
      );
    }
  }
  return exitCode(codes);
}

const count = (number: number, thing: string): string =>
  number === 0 ? '' : `${number} ${thing}${number === 1 ? '' : 's'}`;
