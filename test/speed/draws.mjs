/**
 * Counts how many numbers are taken from streams of chance. Everything that takes numbers is wrapped; a number taken
 * while another question is answered does not count again, and a block that is filled counts as many as it holds.
 * Slow: for counting runs only.
 *
 * @returns `count()`, and `restore()`, which takes the wrapping off again
 */
export function countDraws(Stream) {
  const methods = Object.entries(Object.getOwnPropertyDescriptors(Stream.prototype)).filter(
    ([key, { value }]) => key !== 'constructor' && typeof value === 'function',
  );
  let count = 0;
  let depth = 0;
  for (const [key, { value: method }] of methods) {
    Stream.prototype[key] = function (...args) {
      if (depth++ === 0) count += ArrayBuffer.isView(args[0]) ? args[0].length : 1;
      try {
        return method.apply(this, args);
      } finally {
        depth--;
      }
    };
  }
  return {
    count: () => count,
    restore: () => {
      for (const [key, descriptor] of methods) Object.defineProperty(Stream.prototype, key, descriptor);
    },
  };
}
