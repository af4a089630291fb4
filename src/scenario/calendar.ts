/**
 * The date and time that a scenario's time 0 is given: labels for axes and logs, nothing else.
 *
 * Read here and not by the platform, whose parser accepts more than one writes and differs between platforms.
 */
const FORM =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):(\d{2}))$/;

/** `2026-11-27T02:47:00Z`, or with an offset such as +01:00: ms since 1970, or null if it is no such text. */
export function startsAt(text: string): number | null {
  const match = FORM.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute] = match.slice(1, 6).map(Number);
  const second = Number(match[6] ?? 0);
  const millisecond = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const offset = match[9] === undefined ? 0 : Number(match[10]) * 60 + Number(match[11]);
  const inRange =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    offset < 24 * 60;
  if (!inRange) return null;
  const minutes = (daysSince1970(year, month, day) * 24 + hour) * 60 + minute;
  const utc = match[9] === '-' ? minutes + offset : minutes - offset;
  return (utc * 60 + second) * 1000 + millisecond;
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const daysIn = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

function daysSince1970(year: number, month: number, day: number): number {
  // Whole years before this one, with a leap day for every fourth, save centuries not divisible by 400.
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  let days = past * 365 + leapDays - DAYS_BEFORE_1970;
  for (let each = 1; each < month; each++) days += daysIn(year, each);
  return days + day - 1;
}

const DAYS_BEFORE_1970 = 719_162;
