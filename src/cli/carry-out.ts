/** What a worker thread does: one task in, one answer out. */
import { carryOut, type Answer, type Task } from '../experiment/tasks.ts';
import { crafts } from './crafts.ts';

export const answer = (task: Task): Promise<Answer> => carryOut(task, crafts);
