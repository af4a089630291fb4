/** A worker that does as the plan's name says, for the tests of the pool. */
export default async function (task) {
  if (task.plan.name === 'dies') {
    setImmediate(() => {
      throw new Error('the thread is gone');
    });
    await new Promise(() => {});
  }
  if (task.plan.name === 'waits') await new Promise((resolve) => setTimeout(resolve, 3_600_000));
  return { summary: { name: task.plan.name }, results: null, rendered: null, cpuSeconds: 0 };
}
