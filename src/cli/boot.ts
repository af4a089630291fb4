/**
 * Starts the program: loads the files it is bundled into, and with them what V8 made of them when they were built.
 *
 * To read the program's text, and to compile what a short run calls of it, would take longer than the run. So the build
 * runs the program once and keeps what was compiled beside it (`NAME.VERSION-PLATFORM-ARCHITECTURE.compiled`), for the Node
 * it ran under. V8 compares version and flags before it uses that, and the name of a file stands for its text (a hash is
 * part of it); where anything differs, and where there is nothing, the text is compiled as usual. Nothing else changes.
 */
import type { Script } from 'node:vm';

/** How a file of the program is called: as Node calls a CommonJS module, and with a way to import one of the others. */
type Body = (
  exports: unknown,
  require: (name: string) => unknown,
  module: Module,
  file: string,
  folder: string,
  importModule: (name: string) => Promise<unknown>,
) => void;
interface Module {
  exports: unknown;
}

// Not imported: for an import Node reads every property of a module, and some of them load a good deal more.
const { readFileSync } = process.getBuiltinModule('node:fs');
const { createRequire } = process.getBuiltinModule('node:module');
const { fileURLToPath } = process.getBuiltinModule('node:url');
const vm = process.getBuiltinModule('node:vm');

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const others = createRequire(import.meta.url);
const modules = new Map<string, Module>();

/** The files loaded so far, compiled: for the build, which keeps that. */
export const scripts = new Map<string, Script>();

/** Where a file's compiled form is kept, for the Node that asks. */
export const compiledName = (name: string): string =>
  `${FOLDER}${name}.${process.version}-${process.platform}-${process.arch}.compiled`;

/** What a file of the program exports; it is run when it is first asked for. */
export function load(name: string): unknown {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  const body = script(name).runInThisContext() as Body;
  const module: Module = { exports: {} };
  modules.set(name, module);
  try {
    body(
      module.exports,
      (other) => (other.startsWith('./') ? load(other.slice(2)) : others(other)),
      module,
      FOLDER + name,
      FOLDER,
      (other) => import(other),
    );
  } catch (error) {
    // One that came to nothing comes to nothing again, and is not found half made.
    modules.delete(name);
    throw error;
  }
  return module.exports;
}

/** Forgets what has run, so that it can be run again; compiled it stays. */
export const forget = (): void => modules.clear();

function script(name: string): Script {
  let found = scripts.get(name);
  if (found === undefined) {
    // The build writes ASCII: quick to read, and held in one byte a character.
    const text = readFileSync(FOLDER + name, 'latin1');
    found = new vm.Script(
      `(function (exports, require, module, __filename, __dirname, importModule) {${text}\n})`,
      {
        filename: FOLDER + name,
        cachedData: compiled(name),
      },
    );
    scripts.set(name, found);
  }
  return found;
}

function compiled(name: string): Buffer | undefined {
  try {
    return readFileSync(compiledName(name));
  } catch {
    return undefined;
  }
}
