/** Links to single comments: `#comment-12` behind an issue's address leads to that comment, in the panel as on the page. */

const COMMENT = /^#comment-[0-9]+$/;
// Which comment is marked is this reader's own, and no difference to what the server draws.
export const MARK = / aria-current="location"/g;

/** Open what a comment is folded away in. */
function reveal(comment) {
  const fold = comment.querySelector(":scope > details.resolved");
  if (fold) fold.open = true;
  for (let at = comment.parentElement.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
}

export class Permalinks {
  /**
   * @param {HTMLElement} root of the issue
   * @param {object} options
   * @param {string} options.address of the issue, as a path
   * @param {AbortSignal} options.signal ends it
   * @param {() => Promise<boolean>} [options.showComments] shows the comments, if they are not shown; whether it did
   */
  constructor(root, { address, signal, showComments = async () => false }) {
    Object.assign(this, { root, address, showComments });
    this.wanted = null;
    root.addEventListener("click", (event) => this.click(event), { signal });
    addEventListener("hashchange", () => this.arrive(), { signal });
  }

  /** Lead to the comment that the address of the page names, if it names one. */
  arrive() {
    if (location.pathname === this.address) this.show(location.hash);
  }

  click(event) {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a[href]");
    if (!link || link.origin !== location.origin || link.pathname !== this.address || !COMMENT.test(link.hash)) return;
    event.preventDefault(); // by itself the browser would make a step of it, and Back would not close the panel
    const hash = (link.hasAttribute("data-next-thread") && this.nextThread()) || link.hash;
    history.replaceState(history.state, "", hash);
    this.show(hash);
  }

  /** The unresolved thread after the one that the reader is at; from the last one on to the first. */
  nextThread() {
    const threads = [...this.root.querySelectorAll("[data-open-thread]")];
    const here = threads.findIndex((thread) => thread.matches('[aria-current="location"]') || thread.querySelector('[aria-current="location"]'));
    return threads.length ? `#${threads[(here + 1) % threads.length].id}` : null; // the history shows none
  }

  async show(hash) {
    this.wanted = COMMENT.test(hash) ? hash.slice(1) : null;
    if (this.wanted && !this.target) await this.showComments();
    this.mark();
    if (this.target) reveal(this.target);
    const target = this.target ?? (this.wanted && this.notice);
    target?.scrollIntoView({ block: "center" });
    target?.focus({ preventScroll: true });
  }

  get target() {
    return this.wanted && this.root.querySelector(`#${this.wanted}`);
  }

  get notice() {
    return this.root.querySelector("[data-no-comment]");
  }

  /** Mark the comment that was asked for, or say that there is none; again after each time that comments were drawn. */
  mark() {
    const { target } = this;
    for (const marked of this.root.querySelectorAll('.comment[aria-current="location"]')) {
      if (marked !== target) marked.removeAttribute("aria-current");
    }
    target?.setAttribute("aria-current", "location");
    this.notice.hidden = !this.wanted || Boolean(target);
  }
}
