/**
 * What happens in a plan according to the engine that is tested, in the words of the reference's diary.
 */
import type { Plan } from '../../../src/model/plan.ts';
import type { InstanceRecord, LifeStage, Probe } from '../../../src/model/probe.ts';
import { World } from '../../../src/model/world.ts';
import type { HttpOutcomeId } from '../../../src/rules/cloud-run-limits.ts';
import { httpOutcome } from '../../../src/rules/cloud-run-limits.ts';
import type { InstanceId, RequestId } from '../../../src/units/ids.ts';
import { Diary, type Line } from './diary.ts';

/** Plays a plan, and writes down each line of it. Throws where the world's books do not balance. */
export function playTested(plan: Plan, replication: number): readonly Line[] {
  const diary = new Diary();
  const stages = new Map<InstanceId, { name: string; stage: LifeStage }>();
  const nameOf = ({ revision, number }: InstanceRecord): string =>
    `${plan.revisions[revision].name}#${number}`;
  const tell = (text: string): void => diary.write(world.now, text);
  const recommended = (): void => {
    world.revisions.forEach((revision, id) => {
      if (revision.exists)
        diary.is(world.now, `${plan.revisions[id].name} desired`, String(revision.recommended));
    });
  };
  const answered = (request: RequestId, text: string): void => {
    const { requests } = world;
    const begun = requests.startedAt(request) < 0 ? 'never' : String(requests.startedAt(request));
    tell(
      `${plan.services[requests.service(request)].name} answers ${requests.arrivedAt(request)} begun ${begun}: ${text}`,
    );
  };
  const probe: Partial<Probe> = {
    arrived: (service, attempt) => tell(`${plan.services[service].name} gets a request, attempt ${attempt}`),
    answered: (request, code) => {
      if (code === 200) answered(request, '200 served');
    },
    rejected: (request, outcome: HttpOutcomeId) =>
      answered(request, `${httpOutcome(outcome).code} ${outcome}`),
    activeChanged: (_, id) => {
      const instance = stages.get(id)!;
      if (instance.stage !== 'active' && instance.stage !== 'idle') return;
      instance.stage = instance.stage === 'active' ? 'idle' : 'active';
      diary.is(world.now, instance.name, instance.stage);
    },
    moved: (instance, from, to) => {
      const name = nameOf(instance);
      if (from === 'none' && instance.reason !== 'INITIAL') tell(`${name} starts: ${instance.reason}`);
      stages.set(instance.id, { name, stage: to });
      diary.is(world.now, name, to);
    },
    startHeld: (instance) => tell(`${nameOf(instance)} holds`),
    startEnded: (instance) => tell(`${nameOf(instance)} ${instance.outcome}`),
    keyCalled: ({ instance, revision, use, version, attempt, issuedAt, outcome, failure }) => {
      const who = instance === null ? plan.revisions[revision].name : nameOf(instance);
      const answer = outcome === 'ok' ? 'ok' : failure!.cause;
      tell(`${who} ${use} v${version} attempt ${attempt} made ${issuedAt}: ${answer}`);
    },
    evicting: ({ revision, cause, instances }) =>
      tell(`${plan.revisions[revision].name} evicts ${instances}: ${cause}`),
    decided: recommended,
    minimumChanged: recommended,
  };
  const deaf = (): void => {};
  const all = new Proxy(probe, { get: (heard, name) => Reflect.get(heard, name) ?? deaf });
  const world: World = new World(plan, replication, all as Probe);
  recommended();
  world.run();
  return diary.lines;
}
