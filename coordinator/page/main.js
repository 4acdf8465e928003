// Chooses the view by the address behind "#", and tells how the connection is.

import {forgetToken, hasToken, setToken} from "./api.js";
import {ComparePage} from "./compare_page.js";
import {make} from "./dom.js";
import {JobList} from "./job_list.js";
import {JobPage} from "./job_page.js";
import {duration} from "./text.js";
import {WorkersPage} from "./workers_page.js";

const main = document.getElementById("main");
const server = document.getElementById("server");
const login = document.getElementById("login");
const loginProblem = document.getElementById("login-problem");
const logout = document.getElementById("logout");
let view = null;

const routes = [
  [/^#?\/?$/, () => new JobList(main, connection)],
  [/^#\/jobs\/([a-z0-9-]+)$/, (job) => new JobPage(main, connection, job)],
  [/^#\/compare(?:\/([a-z0-9,-]*))?$/, (jobs) => new ComparePage(main, connection, jobs)],
  [/^#\/workers$/, () => new WorkersPage(main, connection)],
];

// What views report of their stream.
const connection = {
  onState(state, error) {
    document.body.classList.toggle("lost", state !== "live");
    showLogin(state === "refused" && [401, 403].includes(error.status), error);
    if (state === "lost")
      server.textContent = "The coordinator does not answer. What is shown is old; trying again…";
    if (state === "refused") {
      server.textContent = error.message;
      if (error.status === 404) main.replaceChildren(make("p", {class: "empty"}, error.message));
    }
  },
  onStatus({server: {version, uptimeSeconds}}) {
    server.textContent = `version ${version}, up ${duration(uptimeSeconds)}`;
  },
};

// What is said of a token that was sent stands beside the field for another one.
function showLogin(isAsked, error) {
  const isNew = isAsked && login.hidden;
  login.hidden = !isAsked;
  logout.hidden = isAsked || !hasToken();
  loginProblem.textContent = isAsked && hasToken() ? error.message : "";
  if (isAsked) main.replaceChildren();
  if (isNew) document.getElementById("token").focus();
}

function open() {
  view?.close();
  view = null;
  main.replaceChildren();
  document.title = "Descent";
  for (const [pattern, make] of routes) {
    const match = location.hash.match(pattern);
    if (match) {
      view = make(...match.slice(1));
      break;
    }
  }
  if (!view) main.append(make("p", {class: "empty"}, `There is no page ${location.hash}.`));
  document.querySelectorAll("nav a").forEach((link) => {
    const isHere = link.hash === "#/" ? /^(#\/?|#\/jobs\/.*)?$/.test(location.hash)
      : location.hash.startsWith(link.hash);
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();  // the address behind "#" chooses the view
  main.focus();
});
login.addEventListener("submit", (event) => {
  event.preventDefault();
  const field = document.getElementById("token");
  setToken(field.value.trim());
  field.value = "";
  open();
});
logout.addEventListener("click", () => {
  forgetToken();
  open();
});
window.addEventListener("hashchange", () => {
  open();
  main.focus();
});
open();
