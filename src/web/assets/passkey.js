// Signs in with a passkey, or makes one. Browsers let scripts alone do so (Web Authentication §5.1).
"use strict";

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// What the server says, to be shown as it stands.
class Told extends Error {}

async function send(form, step, body) {
  const headers = { "content-type": "application/json" };
  if (form.dataset.csrf) headers["x-csrf"] = form.dataset.csrf;
  const response = await fetch(`${form.dataset.path}/${step}`, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Told(answer.text ?? "Något gick fel. Ladda om sidan och försök igen.");
  return answer;
}

// The options as the server writes them, with bytes where browsers want bytes.
function read(publicKey) {
  const named = (all) => all?.map((one) => ({ ...one, id: toBytes(one.id) }));
  const options = { ...publicKey, challenge: toBytes(publicKey.challenge) };
  if (publicKey.user) options.user = { ...publicKey.user, id: toBytes(publicKey.user.id) };
  if (publicKey.excludeCredentials) options.excludeCredentials = named(publicKey.excludeCredentials);
  if (publicKey.allowCredentials) options.allowCredentials = named(publicKey.allowCredentials);
  return options;
}

const ceremonies = {
  async create(publicKey) {
    const made = await navigator.credentials.create({ publicKey: read(publicKey) });
    const { credProps } = made.getClientExtensionResults();
    return {
      id: made.id,
      rawId: toText(made.rawId),
      type: made.type,
      response: {
        attestationObject: toText(made.response.attestationObject),
        clientDataJSON: toText(made.response.clientDataJSON),
        transports: made.response.getTransports?.() ?? [],
      },
      clientExtensionResults: credProps ? { credProps } : {},
    };
  },
  async get(publicKey) {
    const given = await navigator.credentials.get({ publicKey: read(publicKey) });
    const { authenticatorData, clientDataJSON, signature, userHandle } = given.response;
    return {
      id: given.id,
      rawId: toText(given.rawId),
      type: given.type,
      response: {
        authenticatorData: toText(authenticatorData),
        clientDataJSON: toText(clientDataJSON),
        signature: toText(signature),
        userHandle: userHandle ? toText(userHandle) : null,
      },
      clientExtensionResults: {},
    };
  },
};

function words(error) {
  if (error instanceof Told) return error.message;
  switch (error.name) {
    case "InvalidStateError":
      return "Här finns redan en av dina passnycklar. Välj en annan enhet eller en säkerhetsnyckel.";
    case "NotAllowedError":
      return "Det avbröts, eller så fanns här ingen passnyckel som kunde låsas upp. Försök igen.";
    case "NotSupportedError":
    case "SecurityError":
      return "Webbläsaren kan inte använda passnycklar på den här adressen. Säg till den som sköter inkom.";
    default:
      return "Det gick inte. Kontrollera nätet, ladda om sidan och försök igen.";
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button");
  const told = form.querySelector(".told");
  if (!window.PublicKeyCredential) {
    told.textContent = "Webbläsaren kan inte använda passnycklar. Använd en nyare.";
    continue;
  }
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    told.textContent = "";
    try {
      const { id, publicKey } = await send(form, "borja", {});
      const credential = await ceremonies[form.dataset.passkey](publicKey);
      const label = form.elements.label?.value ?? "";
      const { to } = await send(form, "klar", { id, label, credential });
      location.assign(to);
    } catch (error) {
      told.textContent = words(error);
      button.disabled = false;
    }
  });
}
