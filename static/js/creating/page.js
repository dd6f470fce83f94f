/** The page of a new issue: sent without leaving it, so that nothing typed is lost when sending fails. */
import { announce } from "../text.js";
import { tellCreated } from "./answer.js";
import { NewIssueForm } from "./form.js";

const element = document.querySelector("form[data-new-issue]");
if (element) {
  const form = new NewIssueForm(element, {
    address: () => element.action,
    onCreated(created, another) {
      if (!another) location.assign(created.url);
      else {
        announce(created.text);
        tellCreated(created);
      }
    },
  });
  if (!form.isWritten) form.restore();
}
