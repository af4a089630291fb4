/**
 * Text from outside made harmless for a terminal: control characters, the escape sequences that begin with one,
 * line breaks and marks that change the direction of writing are shown as U+FFFD. Tabs stay.
 */
export const visible = (text: string): string =>
  text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, '\uFFFD');
