/**
 * Interruption. The first SIGINT or SIGTERM stops what is under way and lets the command tell what is finished;
 * a second one ends the program at once.
 */
import { EXIT } from './exit.ts';

export interface Interruption {
  readonly signal: AbortSignal;
  /** The signal that came, or null. */
  by(): 'SIGINT' | 'SIGTERM' | null;
  /** Signals are no longer looked at. */
  end(): void;
}

/** @param stop ends the work under way, so that whoever waits for it goes on */
export function interruptible(stop: () => Promise<void>): Interruption {
  const controller = new AbortController();
  let by: 'SIGINT' | 'SIGTERM' | null = null;
  const listener = (name: NodeJS.Signals): void => {
    if (by !== null) process.exit(EXIT[by]);
    by = name as 'SIGINT' | 'SIGTERM';
    controller.abort();
    void stop();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    signal: controller.signal,
    by: () => by,
    end: () => {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    },
  };
}
