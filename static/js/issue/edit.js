/** A field of an issue, changed where it stands. */
import { parse, versionOf } from "../board/place.js";
import * as http from "../requests.js";

const before = new Map(); // address and field -> the version that our last change of it made, once it is answered

/**
 * Change a field, after what was sent of it before: what its writer sees includes their own change that is on its way,
 * and nobody is asked which of their own two values to keep.
 *
 * @param {string} url where the issue is edited
 * @param {{field: string, value: string, version: number}} change `version` is the one that its writer saw
 * @returns {Promise<{answer: object, version: number}>} the answer, and the version of the issue that the change made; 0 where
 *   it was refused
 */
export function changeField(url, { field, value, version }) {
  const place = `${url} ${field}`;
  const made = send(url, { field, value, version }, before.get(place));
  before.set(place, made);
  return made;
}

async function send(url, change, ours) {
  const seen = Math.max(change.version, (await ours)?.version ?? 0);
  const answer = await http.post(url, { ...change, version: seen, op: http.newOp() });
  const versions = answer.ok ? parse(answer.text).flatMap((part) => [...part.querySelectorAll("[data-v]")]).map(versionOf) : [];
  return { answer, version: Math.max(0, ...versions) };
}
