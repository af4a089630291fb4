/** A call tree as a flame graph: callers below, width is time, and what is narrower than two pixels is left out. */
const WIDTH = 1200;
const ROW = 17;
const NARROWEST = 2;

/** `tree`: `{ name, file, total, children }`. */
export function flameGraph(tree, title) {
  const boxes = [];
  let depth = 0;
  const draw = (node, x, level) => {
    const width = (WIDTH * node.total) / tree.total;
    if (width < NARROWEST) return;
    depth = Math.max(depth, level);
    boxes.push({ node, x, width, level });
    let left = x;
    for (const child of merged(node.children)) {
      draw(child, left, level + 1);
      left += (WIDTH * child.total) / tree.total;
    }
  };
  draw(tree, 0, 0);
  const height = (depth + 1) * ROW + 30;
  const rects = boxes.map(({ node, x, width, level }) => {
    const y = height - (level + 1) * ROW;
    const share = `${((100 * node.total) / tree.total).toFixed(1)} %`;
    const room = Math.floor((width - 4) / 6.2);
    const label =
      room < 3 ? '' : escaped(node.name.length > room ? `${node.name.slice(0, room - 1)}…` : node.name);
    return (
      `<g><title>${escaped(`${node.name} (${node.file}): ${share}`)}</title>` +
      `<rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(0.5, width - 0.5).toFixed(1)}" height="${ROW - 1}" fill="${colour(node.file)}"/>` +
      `<text x="${(x + 3).toFixed(1)}" y="${y + 12}">${label}</text></g>`
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" ` +
    'font-family="Arial, Helvetica, sans-serif" font-size="11">' +
    `<rect width="${WIDTH}" height="${height}" fill="white"/><text x="6" y="18" font-size="14">${escaped(title)}</text>` +
    `${rects.join('')}</svg>\n`
  );
}

/** Calls of one function from one place, together; the longest first. */
function merged(children) {
  const together = new Map();
  for (const child of children) {
    const key = `${child.file} ${child.name}`;
    const known = together.get(key);
    together.set(
      key,
      known === undefined
        ? child
        : { ...known, total: known.total + child.total, children: [...known.children, ...child.children] },
    );
  }
  return [...together.values()].sort((a, b) => b.total - a.total);
}

/** One hue a file, so that a file can be followed across the picture. */
function colour(file) {
  let hash = 0;
  for (const letter of file) hash = (hash * 31 + letter.charCodeAt(0)) % 360;
  return `hsl(${hash},60%,75%)`;
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
