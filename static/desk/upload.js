// One file on its way to the site: its progress, its answer, or why there is none.

export const LARGEST = 20 * 1024 * 1024; // bytes, as writer.pictures has it: what is larger is not sent at all

// The site has said no, and would again.
export class Refused extends Error {}

// Nobody has said anything of use: the network is away, or the login. Worth another try.
export class Lost extends Error {}

// The token changes with each login, also with one in another tab; so it is read when it is needed.
function token() {
  const [, value] = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) ?? [];
  return value ?? document.querySelector("[name=csrfmiddlewaretoken]").value;
}

// Send fields; resolve to what the site answers. Reject with Refused or Lost, in words.
export function send(url, fields, { words, progress = () => {} }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    request.open("POST", url);
    request.setRequestHeader("X-CSRFToken", token());
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded / total));
    request.addEventListener("error", () => reject(new Lost(words.offline)));
    request.addEventListener("load", () => {
      const said = answer(request);
      if (request.status === 200 && said) resolve(said);
      else if (said?.refusal) reject(new Refused(said.refusal));
      else if (request.status === 413) reject(new Refused(words.large));
      else reject(new Lost(request.status >= 500 ? words.failed : words.login));
    });
    request.send(body);
  });
}

// A page instead of an answer is that of the login, or one that says that the form is stale.
function answer(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return null;
  }
}
