/** An argument as a POSIX shell takes it back unchanged. */
export const shellWord = (text: string): string =>
  /^[A-Za-z0-9_./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
