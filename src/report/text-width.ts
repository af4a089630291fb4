/**
 * How wide a text is, without a font.
 *
 * A layout that asks the machine's fonts gives other bytes on every machine. Widths here are those of the
 * Helvetica family (the Adobe font metrics, of which Arial and Liberation Sans are copies), a little on the
 * generous side; Chinese, Japanese and Korean characters are one em wide.
 */
const NARROW = "ijl'|";
const SLIM = 'ftI.,:;!/\\[] ()r-`';
const WIDE = 'mwMW%@';
const CAPITAL = /[A-Z&#+=<>~_]/;

/** The width in the unit of the font size. Never negative. */
export function textWidth(text: string, fontSize: number, bold = false): number {
  let ems = 0;
  for (const character of text) ems += widthOf(character);
  return Math.ceil(ems * fontSize * (bold ? 1.08 : 1.02));
}

function widthOf(character: string): number {
  if (NARROW.includes(character)) return 0.23;
  if (SLIM.includes(character)) return 0.32;
  if (WIDE.includes(character)) return 0.87;
  if (CAPITAL.test(character)) return 0.7;
  return character.codePointAt(0)! >= 0x1100 ? 1 : 0.56;
}
