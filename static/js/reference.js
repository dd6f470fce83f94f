// The API's document as a page (Swagger UI), which sends what is tried with this session and its CSRF token.

import { csrf } from "./http.js";

const place = document.getElementById("reference");

/** Only the operations, and the way to say who asks: heading and main part are the page's own. */
const plain = ({ React: { createElement } }) => ({
  components: {
    Plain({ getComponent }) {
      const part = (name, ...rest) => createElement(getComponent(name, ...rest));
      return createElement(
        "div",
        { className: "swagger-ui" },
        part("SvgAssets"),
        createElement("div", { className: "scheme-container" }, part("AuthorizeBtnContainer", true)),
        part("operations", true),
      );
    },
  },
});

const ui = globalThis.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  plugins: [plain],
  layout: "Plain",
  deepLinking: false, // its links would stand inside of buttons
  docExpansion: "list",
  persistAuthorization: false, // a pasted token is gone with the page
  validatorUrl: null,
  requestInterceptor(request) {
    const isOurs = new URL(request.url, location.href).origin === location.origin;
    if (isOurs && !request.headers.Authorization) request.headers["X-CSRFToken"] = csrf();
    return request;
  },
  onComplete() {
    place.removeAttribute("aria-busy");
  },
});
globalThis.addEventListener("pagehide", () => {
  if (ui.authSelectors.authorized().size) ui.authActions.logout(["token"]);
});

// What is filled in for a parameter has no name of its own.
const name = () => {
  for (const field of place.querySelectorAll("tr[data-param-name] :is(input, select, textarea):not([aria-label])"))
    field.setAttribute("aria-label", field.closest("tr").dataset.paramName);
  for (const list of place.querySelectorAll(".examples-select-element:not([aria-label])"))
    list.setAttribute("aria-label", place.dataset.examples);
};
new MutationObserver(name).observe(place, { childList: true, subtree: true });

// Swagger UI has a dark dress of its own, which it wears by a class.
const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const dress = () => root.classList.toggle("dark-mode", root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
dark.addEventListener("change", dress);
new MutationObserver(dress).observe(root, { attributeFilter: ["data-theme"] });
dress();
