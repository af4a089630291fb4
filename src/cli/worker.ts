/** A worker thread's whole program: one task in, one answer out. */
import { carryOut, type Answer, type Task } from '../experiment/tasks.ts';
import { crafts } from './crafts.ts';

export default (task: Task): Promise<Answer> => carryOut(task, crafts);
