/**
 * The commands: their arguments, options and examples. What a command does is loaded when it is called, so that
 * help and a mistyped option are answered at once.
 *
 * Every command answers with an exit code (exit.ts). What is wrong with a call or a scenario is told in a
 * sentence with a remedy, never as a stack trace; CMEKSIM_DEBUG=1 shows the trace of a failure of ours.
 */
import { Argument, Command, CommanderError, Option } from 'commander';
import { VERSION } from '../probes/version.ts';
import { visible } from '../units/visible.ts';
import { EXIT, Stop } from './exit.ts';
import {
  chartsOption,
  experimentsOption,
  forceOption,
  outOption,
  reporterOption,
  setBOption,
  shardOption,
  withLoadOptions,
  withWorkOptions,
} from './options.ts';
import { Terminal } from './terminal.ts';

const terminal = new Terminal();
let code: number = EXIT.ok;

const program = new Command('cmeksim')
  .description(
    'Simulates how Cloud Run scales out, and how long requests wait, when the image is protected by a ' +
      'customer-managed encryption key (CMEK) in Cloud KMS.',
  )
  .version(VERSION)
  .showHelpAfterError('(add --help for all options)')
  .exitOverride()
  // What was mistyped is repeated in the answer, escape sequences and all.
  .configureOutput({ writeErr: (text) => terminal.error(text) });

/** A command with an example below its help. */
const command = (name: string, summary: string, ...examples: string[]): Command =>
  program
    .command(name)
    .summary(summary)
    .description(summary)
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ cmeksim ${example}\n`).join('')}`);

const scenarios = () =>
  new Argument('<scenario...>', 'scenario files, folders of them, or patterns such as "scenarios/**/*.yaml"');
const scenario = () => new Argument('<scenario>', 'a scenario file');

withWorkOptions(
  withLoadOptions(
    command(
      'run',
      'simulate scenarios, write their results, print a verdict for each',
      'run scenarios/01-steady-traffic.yaml',
      'run "scenarios/*.yaml" --out results --jobs 4 --reporter junit=results.xml',
      'run checkout.yaml --replications 20 --set services.checkout.scaling.minInstanceCount=5',
    ).addArgument(scenarios()),
  ),
)
  .addOption(outOption())
  .addOption(chartsOption())
  .addOption(reporterOption())
  .addOption(shardOption())
  .addOption(forceOption())
  .action(async (files, options) => {
    terminal.quiet = options.quiet;
    code = await (await import('./run.ts')).run(files, options, terminal);
  });

withLoadOptions(
  command(
    'check',
    'validate scenarios and run nothing',
    'check checkout.yaml',
    'check scenarios --format json',
  ).addArgument(scenarios()),
)
  .addOption(new Option('--format <format>', 'what is printed').choices(['table', 'json']).default('table'))
  .action(async (files, options) => {
    code = (await import('./check.ts')).check(files, options, terminal);
  });

withWorkOptions(
  withLoadOptions(
    command(
      'sweep',
      "run every combination of a scenario's sweep, and compare them in a table",
      'sweep checkout.yaml',
      'sweep checkout.yaml --vary services.checkout.scaling.minInstanceCount=0,2,5,10',
    ).addArgument(scenario()),
  ),
)
  .addOption(
    new Option('--vary <path=values>', 'a field and its values, separated by commas; may be repeated')
      .argParser((text, before: string[]) => [...before, text])
      .default([], ''),
  )
  .addOption(forceOption())
  .action(async (file, options) => {
    terminal.quiet = options.quiet;
    code = await (await import('./sweep.ts')).sweep(file, options, terminal);
  });

withWorkOptions(
  withLoadOptions(
    command(
      'find',
      'the smallest value of a field that meets every objective',
      'find checkout.yaml --vary services.checkout.scaling.minInstanceCount --from 0 --to 60',
      'find checkout.yaml --vary services.checkout.load --from 10/s --to 500/s --largest',
    ).addArgument(scenario()),
  ),
)
  .requiredOption('--vary <path>', 'the field to vary, such as services.checkout.scaling.minInstanceCount')
  .requiredOption('--from <value>', 'the lowest value to try')
  .requiredOption('--to <value>', 'the highest value to try, in the same unit')
  .option('--step <value>', 'how far apart two values are at least', '1')
  .option('--largest', 'the largest value that meets every objective, instead of the smallest', false)
  .addOption(
    new Option(
      '--out <folder>',
      'write the table and chart of the search, and the full results of the value found, to this folder',
    ),
  )
  .addOption(chartsOption())
  .addOption(forceOption())
  .action(async (file, options) => {
    terminal.quiet = options.quiet;
    code = await (await import('./find.ts')).find(file, options, terminal);
  });

withWorkOptions(
  withLoadOptions(
    command(
      'compare',
      'two scenarios, or a scenario and saved results, under the same luck: paired differences',
      'compare today.yaml tomorrow.yaml --replications 20',
      'compare reports/checkout checkout.yaml --out comparison',
      'compare checkout.yaml checkout.yaml --set-b services.checkout.scaling.minInstanceCount=5',
    )
      .argument('<A>', 'what there was: a scenario file, or a folder of saved results')
      .argument('<B>', 'what is to come: likewise'),
  ),
)
  .addOption(setBOption())
  .addOption(forceOption())
  .addOption(new Option('--out <folder>', 'write compare.csv, compare.html and compare.svg to this folder'))
  .addOption(chartsOption())
  .action(async (a, b, options) => {
    terminal.quiet = options.quiet;
    code = await (await import('./compare.ts')).compare(a, b, options, terminal);
  });

command(
  'report',
  'rebuild charts and pages from saved results',
  'report reports',
  'report reports/ekm-outage',
)
  .argument('<folder>', 'a results folder, or a folder of them')
  .addOption(new Option('--quiet', 'no messages but errors').default(false, ''))
  .action(async (folder, options) => {
    terminal.quiet = options.quiet;
    code = await (await import('./report.ts')).report(folder, terminal);
  });

command(
  'import',
  'write a first scenario from an exported Cloud Run or Knative service',
  'import checkout.service.yaml > checkout.yaml',
  'import checkout.service.yaml --output checkout.yaml',
)
  .argument('<service>', 'what `gcloud run services describe NAME --format export` prints')
  .option('--output <file>', 'write to this file, which must not exist, instead of the standard output')
  .action(async (file, options) => {
    code = (await import('./import.ts')).importService(file, options, terminal);
  });

command('explain', 'one rule, message or field, in words, with its source', 'explain PREVENT_NEW', 'explain')
  .argument('[name...]', 'what to explain; left out: lists all there is')
  .action(async (name) => {
    code = (await import('./explain.ts')).explain(name.join(' '), terminal);
  });

command('schema', 'the JSON Schema of the scenario file', 'schema > scenario.schema.json').action(
  async () => {
    code = (await import('./schema.ts')).schema(terminal);
  },
);

withWorkOptions(
  command(
    'validate',
    'hold the simulator to theory, and print error and tolerance of each figure',
    'validate',
    'validate --only O3,O9 --jobs 1',
    'validate --coverage --experiments 200 --out coverage',
  ),
)
  .addOption(new Option('--seed <seed>', 'the seed, a whole number or a text (default: the committed one)'))
  .addOption(
    new Option('--out <folder>', 'where the tables go (default: reports/validation; with --only nowhere)'),
  )
  .addOption(new Option('--only <names>', 'some of them, separated by commas: vectors, O1 to O19'))
  .addOption(
    new Option('--coverage', 'measure instead how often intervals cover the truth: minutes').default(
      false,
      '',
    ),
  )
  .addOption(experimentsOption())
  .action(async (options) => {
    terminal.quiet = options.quiet;
    code = await (await import('./validate.ts')).validate(options, terminal);
  });

withWorkOptions(command('demo', 'run the bundled scenarios', 'demo', 'demo --out results'))
  .addOption(outOption())
  .addOption(chartsOption())
  .action(async (options) => {
    terminal.quiet = options.quiet;
    code = await (await import('./demo.ts')).demo(options, terminal);
  });

// Until it is known how it ends: a command that never answers has failed.
process.exitCode = EXIT.failure;
void answer();

async function answer(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    code = codeOf(error);
  }
  terminal.progress('');
  process.exitCode = code;
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    const [asked, about] = process.argv.slice(2);
    if (error.code !== 'commander.help' || asked !== 'help')
      return error.exitCode === 0 ? EXIT.ok : EXIT.wrong;
    if (about === undefined || program.commands.some((one) => one.name() === about)) return EXIT.ok;
    terminal.complain(`there is no command "${visible(about)}"`);
    return EXIT.wrong;
  }
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof Stop) {
    terminal.complain(message);
    return error.code;
  }
  if (name === 'CannotWrite' || name === 'Locked') {
    terminal.complain(message);
    return name === 'Locked' ? EXIT.locked : EXIT.cannotWrite;
  }
  terminal.complain(`unexpected failure: ${message.split('\n')[0]}`);
  if (process.env['CMEKSIM_DEBUG'] === '1') terminal.error(stack ?? message);
  else terminal.error('This is a defect of cmeksim. CMEKSIM_DEBUG=1 shows where it happened.');
  return name === 'InvariantViolation' ? EXIT.invariant : EXIT.failure;
}
