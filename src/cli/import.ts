/**
 * `cmeksim import`: a first scenario from a service as Cloud Run exports it. The service's file is referred to and
 * stays as it is; what no export knows (load, the key's protection level) is filled in with a value that is plain
 * to see and a word on where the true one is found.
 */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { CannotWrite, folderName, writeWhole } from '../experiment/store.ts';
import { shellWord } from '../report/shell-word.ts';
import { loadScenario } from '../scenario/load.ts';
import { plain, readSource } from '../scenario/source.ts';
import { visible } from '../units/visible.ts';
import { EXIT, Stop } from './exit.ts';
import { readBeside, readNamed, tell } from './scenarios.ts';
import type { Terminal } from './terminal.ts';

export function importService(
  file: string,
  options: { readonly output?: string },
  terminal: Terminal,
): number {
  const { output } = options;
  const { value, problems } = readSource(readNamed(file), file);
  tell(problems, terminal);
  if (value === null) throw new Stop(EXIT.wrong, `${file}: not imported, because of what is said above`);

  const folder = output === undefined ? '.' : dirname(output);
  const path = relative(resolve(folder), resolve(file)).replaceAll('\\', '/');
  const text = scenarioFor(plain(value), path, file);
  const checked = loadScenario(text, output ?? 'the new scenario', {
    read: readBeside(join(folder, 'scenario')),
  });
  tell(checked.problems, terminal);
  if (output === undefined) terminal.out(text);
  else {
    if (existsSync(output))
      throw new CannotWrite(`cannot write ${output}: it exists already; remove it first`);
    writeWhole(output, text);
    terminal.say(`${visible(output)}: written; next: cmeksim run ${shellWord(output)}`);
  }
  return checked.problems.some(({ severity }) => severity === 'error') ? EXIT.wrong : EXIT.ok;
}

/** The scenario's text. */
function scenarioFor(document: unknown, path: string, file: string): string {
  const service = document as Service | null;
  const name = service?.metadata?.name;
  if (
    service?.kind !== 'Service' ||
    !String(service.apiVersion).startsWith('serving.knative.dev/') ||
    !name
  ) {
    throw new Stop(
      EXIT.wrong,
      `${file}: not a Knative service; export one with \`gcloud run services describe NAME --format export\``,
    );
  }
  const annotations = { ...service.metadata?.annotations, ...service.spec?.template?.metadata?.annotations };
  const key = annotations['run.googleapis.com/encryption-key'];
  const location = service.metadata?.labels?.['cloud.googleapis.com/location'];
  const lines = [
    `name: ${folderName(`${name}-first-look`)}`,
    `description: A first look at ${JSON.stringify(name).slice(1, -1)}.`,
    'duration: 30m',
    '',
    'services:',
    `  - manifest: ${JSON.stringify(path)}`,
    ...(location === undefined ? ['    location: us-central1 # the export names none: put yours here'] : []),
    '    load: 10/s # requests per second: yours is in Cloud Monitoring, run.googleapis.com/request_count',
    '    requests:',
    '      # How long the container works on a request: request_latencies in Cloud Monitoring.',
    '      duration: {lognormal: {p50: 100ms, p99: 1s}}',
    ...(key === undefined
      ? []
      : [
          '',
          'keys:',
          `  - name: ${JSON.stringify(key)}`,
          '    # SOFTWARE | HSM | EXTERNAL | EXTERNAL_VPC: `gcloud kms keys describe` says which.',
          '    protectionLevel: SOFTWARE',
        ]),
    '',
    'objectives:',
    '  - {expect: "e2e_latencies.p99 < 5s"}',
    '  - {expect: "error_ratio < 0.1%"}',
  ];
  return `${lines.join('\n')}\n`;
}

interface Metadata {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Service {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: Metadata;
  readonly spec?: { readonly template?: { readonly metadata?: Metadata } };
}
