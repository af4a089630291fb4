/**
 * A chart's specification as SVG text, the same bytes in every process, time zone, locale and on machines with
 * whatever fonts.
 *
 * Vega lays the chart out without a browser. It would measure text with a canvas where one is installed and
 * guess where none is; here widths come from our own table. Coordinates are rounded to a tenth of a pixel,
 * which takes the last digits of the platform's logarithm out of the picture and makes it a third of the size.
 * Expressions are interpreted, never compiled, so this runs where code generation is forbidden. Vega is loaded
 * when the first chart is drawn, because loading takes longer than a small simulation.
 */
import type { Spec } from './chart-frame.ts';
import { escaped } from './html.ts';
import { TEXTURES, type Texture } from './palette.ts';
import { textWidth } from './text-width.ts';

/**
 * The picture, to be put into a page or a file. `name` must be unique in the page: references inside the
 * picture are named after it. Rejects where the specification is not valid, which is a defect of ours.
 */
export async function svgFrom(spec: Spec, name: string): Promise<string> {
  const { vega, vegaLite, expressionInterpreter } = await libraries();
  vega.resetSVGDefIds();
  const compiled = vegaLite.compile(spec as never, { logger: vega.logger(vega.Error) as never }).spec;
  const runtime = vega.parse(compiled, undefined, { ast: true } as never);
  const view = new vega.View(runtime, {
    renderer: 'none',
    expr: expressionInterpreter,
    logLevel: vega.Error,
  } as never);
  try {
    return dressed(await view.toSVG(), String(spec.description ?? ''), name);
  } finally {
    view.finalize();
  }
}

/** A picture that stands alone in a file: light or dark ink as the reader's system has it. */
export const standalone = (svg: string): string =>
  svg.replace(
    /^<svg[^>]*>/,
    (tag) => `${tag}<style>svg{color:#1f2328}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>`,
  ) + '\n';

let loaded: ReturnType<typeof load> | undefined;
const libraries = (): ReturnType<typeof load> => (loaded ??= load());

async function load() {
  const [vega, vegaLite, { expressionInterpreter }] = await Promise.all([
    import('vega'),
    import('vega-lite'),
    import('vega-interpreter'),
  ]);
  const { textMetrics } = vega as unknown as {
    textMetrics: { width: (item: Text, text: unknown) => number };
  };
  textMetrics.width = ({ fontSize, fontWeight }, text) =>
    text === null || text === undefined ? 0 : textWidth(String(text), fontSize ?? 11, fontWeight === 'bold');
  return { vega, vegaLite, expressionInterpreter };
}

interface Text {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
}

/** Vega's text made small, textured and readable aloud. It escapes `<`, `>`, `&` and quotes wherever data stand. */
function dressed(svg: string, description: string, name: string): string {
  const [, width, height] = / width="([\d.]+)" height="([\d.]+)"/.exec(svg)!;
  const used = new Set<string>();
  const body = svg
    .slice(svg.indexOf('>') + 1, -'</svg>'.length)
    .replace(INVISIBLE, '')
    .replace(/<[a-zA-Z][^<>]*>/g, (tag) => slim(tag, name, used));
  const label = `<title>${escaped(description)}</title>`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${tenth(width)}" height="${tenth(height)}" viewBox="0 0 ${tenth(width)} ${tenth(height)}" font-family="Arial, Helvetica, sans-serif">`;
  const defs =
    used.size > 0
      ? `<defs>${[...used]
          .sort()
          .map((colour) => pattern(colour, name))
          .join('')}</defs>`
      : '';
  return withoutEmptyGroups(`${open}${label}${defs}${body}</svg>`);
}

/** Frames without fill or stroke, and labels that Vega hides because they would overlap. */
const INVISIBLE =
  /<path (?:class="(?:background|foreground)" )(?:(?!fill=|stroke=)[^<>])*\/>|<text [^<>]* opacity="0"[^<>]*>[^<>]*<\/text>/g;

const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;

function slim(tag: string, name: string, used: Set<string>): string {
  return tag
    .replace(/ (?:class|aria-[a-z]+|role|pointer-events|font-family)="[^"]*"/g, '')
    .replace(/ (?:opacity|fill-opacity|stroke-opacity|stroke-width)="1"/g, '')
    .replace(/ font-size="([\d.]+)px"/g, ' font-size="$1"')
    .replace(/ d="([^"]*)"/g, (_, path: string) => ` d="${shortPath(path)}"`)
    .replace(/ (?:transform|x2|y2|x|y|width|height)="[^"]*"/g, (attribute) => {
      const [, key, value] = /^ (\w+)="([^"]*)"$/.exec(attribute)!;
      return ` ${key}="${value.replace(NUMBER, tenth)}"`;
    })
    .replace(/ transform="translate\(0,0\)"/g, '')
    .replace(/ fill="(#[0-9A-Fa-f]{6})"/g, (attribute, colour: string) => {
      if (TEXTURES[colour] === undefined || tag.startsWith('<text')) return attribute;
      used.add(colour);
      return ` fill="url(#${patternId(colour, name)})"`;
    })
    .replace(/(id="|url\(#)(clip|gradient)/g, `$1${name}-$2`);
}

const tenth = (text: string): string => String(Math.round(Number(text) * 10) / 10 || 0);

/** A path of straight lines in relative steps of whole tenths, without points that lie on the way. */
function shortPath(path: string): string {
  if (!/^[MLZ\d.,e-]*$/.test(path)) return path.replace(NUMBER, tenth);
  let short = '';
  let [x, y] = [0, 0];
  let [pendingX, pendingY] = [0, 0];
  const flush = () => {
    if (pendingX !== 0 && pendingY !== 0) short += `l${pendingX / 10},${pendingY / 10}`;
    else if (pendingX !== 0) short += `h${pendingX / 10}`;
    else if (pendingY !== 0) short += `v${pendingY / 10}`;
    [pendingX, pendingY] = [0, 0];
  };
  for (const [, command, coordinates] of path.matchAll(/([MLZ])([^MLZ]*)/g)) {
    if (command === 'Z') {
      flush();
      short += 'z';
      continue;
    }
    const [toX, toY] = coordinates.split(',').map((text) => Math.round(Number(text) * 10));
    const [byX, byY] = [toX - x, toY - y];
    if (command === 'M') {
      flush();
      short += `M${toX / 10},${toY / 10}`;
    } else if (
      (byX === 0 && pendingX === 0 && byY * pendingY >= 0) ||
      (byY === 0 && pendingY === 0 && byX * pendingX >= 0)
    ) {
      pendingX += byX;
      pendingY += byY;
    } else {
      flush();
      [pendingX, pendingY] = [byX, byY];
    }
    [x, y] = [toX, toY];
  }
  flush();
  return short;
}

/** Groups that carry nothing, from the inside out, until none is left. */
function withoutEmptyGroups(svg: string): string {
  for (;;) {
    const fewer = svg.replace(/<g[^<>]*><\/g>|<g[^<>]*\/>/g, '');
    if (fewer === svg) return svg;
    svg = fewer;
  }
}

const patternId = (colour: string, name: string): string => `${name}-${colour.slice(1)}`;

const STROKES: Readonly<Record<Texture, string>> = {
  rising: 'M-1,1l2,-2M0,6l6,-6M5,7l2,-2',
  falling: 'M-1,5l2,2M0,0l6,6M5,-1l2,2',
  upright: 'M3,0v6',
  level: 'M0,3h6',
  dots: 'M2,3h2',
  cross: 'M0,3h6M3,0v6',
};

/** The colour with its texture drawn over it, dark on light. */
function pattern(colour: string, name: string): string {
  const strokes = `<path d="${STROKES[TEXTURES[colour]]}" stroke="#000" stroke-opacity=".45"/>`;
  return `<pattern id="${patternId(colour, name)}" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="${colour}"/>${strokes}</pattern>`;
}
