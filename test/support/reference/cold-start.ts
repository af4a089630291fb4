/**
 * A cold start: scheduling, image import, the key calls one after another, the container. A key call that can be
 * retried is, after a growing delay; any other that fails ends the start.
 */
import { DECIDING, ENDING } from './agenda.ts';
import { startFailed, startSucceeded } from './back-off.ts';
import { lengthFrom } from './chance.ts';
import { create, idles, moveTo, show } from './instances.ts';
import { callKms } from './kms.ts';
import { learn, type Consequences } from './key-watch.ts';
import { nameOf, type Instance, type Revision, type Town } from './town.ts';

export interface Starts extends Consequences {
  ready(instance: Instance): void;
  /** Look again at what a revision is short of. */
  lookAgain(revision: Revision): void;
}

export function begin(town: Town, revision: Revision, reason: string, starts: Starts): Instance {
  const instance = create(town, revision);
  town.tell(`${nameOf(instance)} starts: ${reason}`);
  show(town, instance);
  const { startup } = revision.plan;
  const step = (length: number, next: () => void): void => {
    instance.ownTime += length;
    town.agenda.plan(town.now + length, ENDING, () => {
      if (instance.stage !== 'gone') next();
    });
  };
  const draw = (which: 'scheduling' | 'imageImport' | 'containerStart', purpose: string): number =>
    lengthFrom(startup[which], () => town.dice(purpose, revision.plan.name));

  const uses = [
    ...Array.from({ length: startup.layerDecrypts }, () => 'layer-decrypt'),
    ...Array.from({ length: startup.dataKeyDecrypts }, () => 'data-key-decrypt'),
  ];
  const container = (): void => {
    if (instance.stage === 'awaiting_key') moveTo(town, instance, 'starting');
    instance.hasItsKey = true;
    step(draw('containerStart', 'container-start'), () => becomesReady(town, instance, starts));
  };
  const keys = (): void => {
    if (revision.key === null || uses.length === 0) {
      container();
      return;
    }
    moveTo(town, instance, 'awaiting_key');
    askFor(town, instance, uses, starts, container);
  };
  step(draw('scheduling', 'scheduling') + draw('imageImport', 'image-import'), keys);
  return instance;
}

/** Makes the key calls of a start; `then` goes on when all have succeeded. */
function askFor(town: Town, instance: Instance, uses: string[], starts: Starts, then: () => void): void {
  const { revision } = instance;
  const key = revision.key!;
  let held = false;
  const ask = (use: number, attempt: number): void => {
    if (instance.stage === 'gone') return;
    const call = { key, version: revision.keyVersion, use: uses[use], revision, instance, attempt };
    callKms(town, call, (answer, made) => {
      learn(town, call, answer, made, starts);
      const isGone = instance.stage === 'gone';
      if (answer === 'ok') {
        if (isGone) return;
        if (use + 1 < uses.length) ask(use + 1, 0);
        else then();
      } else if (answer === 'ekm-unreachable') {
        if (isGone) return;
        if (!held) town.tell(`${nameOf(instance)} holds`);
        held = true;
        const { initial, factor, max } = town.plan.assumptions.keyRetry;
        const delay = Math.min(max, Math.floor(initial * factor ** attempt + 0.5));
        town.agenda.plan(town.now + delay, DECIDING, () => ask(use, attempt + 1));
      } else {
        if (!isGone) refuse(town, instance, answer, starts);
      }
    });
  };
  ask(0, 0);
}

function refuse(town: Town, instance: Instance, cause: string, starts: Starts): void {
  const { revision } = instance;
  town.tell(`${nameOf(instance)} refused:${cause}`);
  moveTo(town, instance, 'gone');
  revision.lastStartFailed = town.now;
  startFailed(town, instance, (each) => starts.lookAgain(each));
  starts.cameToNothing(instance);
}

function becomesReady(town: Town, instance: Instance, starts: Starts): void {
  const { revision } = instance;
  town.tell(`${nameOf(instance)} ready`);
  revision.startsDone++;
  revision.startTime += instance.ownTime;
  revision.lastStartFailed = null;
  moveTo(town, instance, 'ready');
  const released = startSucceeded(town, instance);
  starts.ready(instance);
  if (instance.stage === 'ready' && instance.requests.length === 0) idles(town, instance);
  if (released) starts.lookAgain(revision);
}
