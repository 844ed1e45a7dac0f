// The way in: creating the owner on the first start, signing in, and registering where that is open.

import { element } from "./dom.js";

const forms = {
    setup: {
        testid: "setup-form", title: "Welcome to VoiceNote",
        text: "This is the first start. The account you create now owns this server.",
        submit: "Create the owner", withName: true,
    },
    signIn: { testid: "sign-in-form", title: "Sign in", text: "", submit: "Sign in", withName: false },
    register: {
        testid: "register-form", title: "Create an account", text: "", submit: "Create the account", withName: true,
    },
};

function field(name, label, attributes) {
    const problemID = `${name}-problem`;
    const input = element("input", { id: `entry-${name}`, name, required: true, testid: name, ...attributes });
    const problem = element("p", { id: problemID, class: "field-problem", hidden: true });
    input.addEventListener("input", () => {
        problem.hidden = true;
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
    });
    return {
        input,
        node: element("div", { class: "field" }, element("label", { htmlFor: input.id, textContent: label }), input,
            problem),
        complain(message) {
            problem.textContent = message;
            problem.hidden = false;
            input.setAttribute("aria-invalid", "true");
            input.setAttribute("aria-describedby", problemID);
        },
    };
}

/** `onEntered` receives the account. */
export function createEntry(area, { client, onEntered }) {
    function show(kind, { registrationOpen = false, notice = "" } = {}) {
        const wording = forms[kind];
        const fields = {
            ...(wording.withName
                ? { name: field("name", "Name", { type: "text", autocomplete: "name", maxLength: 255 }) } : {}),
            email: field("email", "E-mail", {
                type: "email", autocomplete: "username", maxLength: 254, inputMode: "email", spellcheck: false,
            }),
            password: field("password", "Password", {
                type: "password", autocomplete: wording.withName ? "new-password" : "current-password", maxLength: 1024,
            }),
        };
        const failure = element("p", { class: "entry-failure", role: "alert" });
        const submit = element("button", {
            type: "submit", class: "button primary wide", textContent: wording.submit, testid: "submit",
        });

        async function enter(event) {
            event.preventDefault();
            if (submit.disabled) return;
            failure.textContent = "";
            submit.disabled = true;
            const values = Object.fromEntries(Object.entries(fields).map(([name, { input }]) =>
                [name, name === "password" ? input.value : input.value.trim()]));
            try {
                const account = wording.withName ? await client.register(values) : await client.signIn(values);
                area.hidden = true;
                area.replaceChildren();
                onEntered(account);
            } catch (problem) {
                explain(problem);
            } finally {
                submit.disabled = false;
            }
        }

        function explain(problem) {
            const unplaced = (problem.errors ?? []).filter(({ field: name, message }) => {
                fields[name]?.complain(message);
                return !fields[name];
            });
            const placed = (problem.errors ?? []).length - unplaced.length;
            const wait = problem.retryAfterSeconds ? ` Try again in ${problem.retryAfterSeconds} s.` : "";
            const rest = unplaced.map(({ message }) => message).join(" ");
            failure.textContent = placed > 0 ? rest : `${problem.message}${wait}`;
            const first = Object.values(fields).find(({ input }) => input.hasAttribute("aria-invalid"));
            (first ?? fields.password).input.focus();
        }

        const other = kind === "register" ? "signIn" : "register";
        const offerOther = kind !== "setup" && (kind === "register" || registrationOpen);
        area.replaceChildren(element("section", { class: "entry-card" },
            element("img", { src: "/page/icon.svg", alt: "", width: 64, height: 64, class: "entry-mark" }),
            element("h1", { textContent: wording.title }),
            wording.text || notice ? element("p", { class: "entry-text", textContent: notice || wording.text }) : null,
            element("form", { class: "entry-form", testid: wording.testid, noValidate: false, on: { submit: enter } },
                ...Object.values(fields).map(({ node }) => node), failure, submit),
            offerOther ? element("button", {
                type: "button", class: "button quiet wide", testid: "switch-form",
                textContent: kind === "register" ? "I have an account" : "Create an account",
                on: { click: () => show(other, { registrationOpen }) },
            }) : null));
        area.hidden = false;
        Object.values(fields)[0].input.focus();
    }

    /** When even `/setup` does not answer. */
    function unreachable(problem, retry) {
        area.replaceChildren(element("section", { class: "entry-card" },
            element("h1", { textContent: "The server does not answer" }),
            element("p", { class: "entry-text", role: "alert", textContent: problem.message }),
            element("button", {
                type: "button", class: "button primary wide", textContent: "Try again", on: { click: retry },
            })));
        area.hidden = false;
    }

    function hide() {
        area.hidden = true;
        area.replaceChildren();
    }

    return { show, unreachable, hide };
}
