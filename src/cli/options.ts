/**
 * The options that several commands share, and what their values must look like. A value that does not is
 * answered by the parser of arguments, with the option's name, before anything is read.
 */
import { availableParallelism } from 'node:os';
import { InvalidArgumentError, Option, type Command } from 'commander';

export interface LoadOptions {
  readonly seed?: string;
  readonly replications?: number;
  /** `PATH=VALUE`. */
  readonly set: readonly string[];
}

export interface RunOptions extends LoadOptions {
  readonly out: string;
  readonly jobs: number;
  readonly format: 'table' | 'json';
  readonly reporter: readonly Reporter[];
  readonly shard?: Shard;
  readonly quiet: boolean;
  readonly progress: boolean;
  readonly charts: boolean;
  /** Simulate even what takes hours. */
  readonly force: boolean;
}

export const REPORTERS = ['junit', 'markdown', 'github'] as const;

export interface Reporter {
  readonly name: (typeof REPORTERS)[number];
  readonly file: string;
}

/** Part `index` (from 1) of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Options that change what is simulated. */
export const withLoadOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--seed <seed>',
        'the seed, a whole number or a text; every number follows from it',
      ).argParser(seed),
    )
    .addOption(
      new Option(
        '--replications <n>',
        'how many independent replications; more than one gives intervals',
      ).argParser(wholeNumber(1, 1_000_000)),
    )
    .addOption(
      new Option(
        '--set <path=value>',
        'override a field of the scenario, such as services.checkout.load=80/s; may be repeated',
      )
        .argParser(collect(pathAndValue))
        .default([], ''),
    )
    .addOption(
      new Option(
        '--accelerate',
        'follow requests in numbers, not one by one; the same as --set mode=accelerated',
      ),
    )
    .on('option:accelerate', () => {
      const { set } = command.opts() as Pick<LoadOptions, 'set'>;
      command.setOptionValue('set', [...set, 'mode=accelerated']);
    });

/** Options about how work is done and told. */
export const withWorkOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--jobs <n>', 'worker threads (default: one per core)')
        .argParser(wholeNumber(1, 256))
        .default(availableParallelism(), ''),
    )
    .addOption(new Option('--format <format>', 'what is printed').choices(['table', 'json']).default('table'))
    .addOption(new Option('--quiet', 'no messages but errors').default(false, ''))
    .addOption(new Option('--no-progress', 'no progress line'));

export const outOption = (): Option =>
  new Option('--out <folder>', 'where results go, a folder for each scenario').default('reports');

export const chartsOption = (): Option =>
  new Option('--no-charts', 'data files only: no charts and no pages');

export const forceOption = (): Option =>
  new Option('--force', 'run even what is estimated to take more than an hour of CPU').default(false, '');

export const experimentsOption = (): Option =>
  new Option('--experiments <n>', 'with --coverage: how many experiments each system is put to')
    .argParser(wholeNumber(20, 100_000))
    .default(1000);

export const reporterOption = (): Option =>
  new Option('--reporter <name=file>', `a file for other tools: ${REPORTERS.join(', ')}; may be repeated`)
    .argParser(collect(reporter))
    .default([], '');

export const shardOption = (): Option =>
  new Option('--shard <i/n>', 'only part i of n of the scenarios, counted from 1').argParser(shard);

export const setBOption = (): Option =>
  new Option('--set-b <path=value>', 'override a field in B alone; may be repeated')
    .argParser(collect(pathAndValue))
    .default([], '');

const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[]): readonly T[] => [...before, parse(text)];

const wholeNumber = (least: number, most: number) => (text: string) => {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) {
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  }
  return value;
};

function seed(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Give a whole number or a text that is not empty.');
  return text;
}

function pathAndValue(text: string): string {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError('Give PATH=VALUE, such as duration=10m.');
  return text;
}

function reporter(text: string): Reporter {
  const [, name, file] = /^([a-z]+)=(.+)$/.exec(text) ?? [];
  const known = REPORTERS.find((one) => one === name);
  if (known === undefined) {
    throw new InvalidArgumentError(
      `Give NAME=FILE, with a name of ${REPORTERS.join(', ')}: junit=results.xml.`,
    );
  }
  return { name: known, file };
}

function shard(text: string): Shard {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const part = { index: Number(index), count: Number(count) };
  if (!(part.index >= 1 && part.index <= part.count)) {
    throw new InvalidArgumentError('Give I/N with 1 <= I <= N, such as 1/4.');
  }
  return part;
}
