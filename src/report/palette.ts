/**
 * What a colour means in a chart, and the texture that says the same without colour.
 *
 * The colours are those of Okabe and Ito, "Color Universal Design" (2008), which remain distinct with the
 * common kinds of colour blindness. One thing has one colour in all charts; vermilion is kept for what was
 * refused or has failed. On paper and in grey the textures tell areas apart, the dashes lines.
 */
export const BLUE = '#0072B2';
export const SKY = '#56B4E9';
export const GREEN = '#009E73';
export const YELLOW = '#F0E442';
export const ORANGE = '#E69F00';
export const VERMILION = '#D55E00';
export const PURPLE = '#CC79A7';
export const GREY = '#999999';
/** The text colour of wherever the picture stands, light or dark. */
export const INK = 'currentColor';

/** Which way an area of that colour is hatched; a colour that is not here stays plain. */
export type Texture = 'rising' | 'falling' | 'upright' | 'level' | 'dots' | 'cross';

export const TEXTURES: Readonly<Record<string, Texture>> = {
  [YELLOW]: 'rising',
  [ORANGE]: 'upright',
  [GREY]: 'dots',
  [VERMILION]: 'falling',
  [PURPLE]: 'level',
};

/** The states of an instance, from the bottom of the stack to its top. */
export const INSTANCE_STATES = {
  active: BLUE,
  idle: SKY,
  starting: YELLOW,
  awaiting_key: ORANGE,
  draining: GREY,
} as const;

/** The answers to requests, from the bottom of the stack to its top. */
export const ANSWERS = {
  '2xx': GREEN,
  '429': PURPLE,
  '499': GREY,
  '500': VERMILION,
  '503': ORANGE,
  '504': YELLOW,
} as const;

export const PERCENTILES = { p50: GREEN, p95: BLUE, p99: INK } as const;

export const PROTECTION_LEVELS = {
  SOFTWARE: GREEN,
  HSM: BLUE,
  EXTERNAL: SKY,
  EXTERNAL_VPC: PURPLE,
  denied: VERMILION,
} as const;
