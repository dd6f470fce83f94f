/** Dates as numbers of days, the same in every zone, and what becomes of an issue's dates when it is moved. */
const DAY = 86_400_000;

/** The number of a day (`2026-11-27`), counted in whole days. */
export const numberOf = (iso) => Date.parse(`${iso}T00:00Z`) / DAY;

export const isoOf = (number) => new Date(number * DAY).toISOString().slice(0, 10);

export const isSame = (one, other) => one.start === other.start && one.due === other.due;

/** Where an issue stands: first and last day as numbers. One that is missing is the other. */
export function ends({ start, due }) {
  const [first, last] = [numberOf(start || due), numberOf(due || start)];
  return first <= last ? [first, last] : [last, first];
}

/**
 * The dates after a move by some days.
 * @param {{start: string, due: string}} dates
 * @param {"move"|"start"|"due"} what the whole, or one end; an end never passes the other
 * @param {number} by
 */
export function moved({ start, due }, what, by) {
  const [first, last] = [numberOf(start || due), numberOf(due || start)];
  if (what === "move") return { start: start && isoOf(first + by), due: due && isoOf(last + by) };
  if (what === "start") return { start: isoOf(Math.min(first + by, last)), due };
  return { start, due: isoOf(Math.max(last + by, start ? first : -Infinity)) };
}
