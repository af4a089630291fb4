/**
 * Preloaded into a command (node --require): tells on file descriptor 3 what CPU and memory the whole process took.
 *
 * The parent cannot ask for that itself, and a shell's `time` is too coarse for a tenth of a second. SPEED_DRAG wastes
 * that share of CPU on top, to try whether anybody notices.
 */
process.on('exit', () => {
  const spent = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const end = spent() * (1 + Number(process.env.SPEED_DRAG ?? 0));
  while (spent() < end);
  const rss = process.resourceUsage().maxRSS * 1024;
  process.getBuiltinModule('node:fs').writeSync(3, JSON.stringify({ cpu: spent(), rss }));
});
