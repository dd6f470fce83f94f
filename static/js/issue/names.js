/** What an issue is called outside of FlowBoard: in the tab, on the clipboard, as a branch. */
import { copyText } from "../clipboard.js";
import { t } from "../text.js";

const LONGEST_BRANCH = 60;

/** The title of the tab that shows an issue. */
export function tabTitle(key, title) {
  return `${key} ${title} · FlowBoard`;
}

/** A name for the branch on which an issue is worked: `flow-12-fix-the-login`. Letters of every script stay. */
export function branchName(key, title) {
  const plain = title.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").normalize("NFC").toLowerCase();
  const words = plain.replace(/['’]/g, "").match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  let name = key.toLowerCase();
  for (const word of words) {
    if (name.length + 1 + word.length > LONGEST_BRANCH) break;
    name += `-${word}`;
  }
  return name;
}

/** Copy the `what` of an issue: its key, its link, or the name of its branch. */
export function copyOf(what, { key, title, address }) {
  if (what === "key") return copyText(key, t("{key} copied", { key }));
  if (what === "branch") {
    const name = branchName(key, title);
    return copyText(name, t("Branch name copied: {name}", { name }));
  }
  return copyText(new URL(address, location.origin).href, t("Link copied"));
}
