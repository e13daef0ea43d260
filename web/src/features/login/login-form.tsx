import { CircleAlert, Eye, EyeOff } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiError } from "@/lib/api/http";
import { words } from "./messages";
import type { Credentials } from "./use-sign-in";

interface Props {
  pending: boolean;
  error: Error | null;
  onSubmit: (credentials: Credentials) => void;
}

/** Keeps what was written; errors stand at the field they speak of, and the first wrong field takes the focus. */
export function LoginForm({ pending, error, onSubmit }: Props) {
  const [missing, setMissing] = useState<{ email?: string; password?: string }>({});
  const [shown, setShown] = useState(false);
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (error) password.current?.focus();
  }, [error]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const written = { email: email.current?.value.trim() ?? "", password: password.current?.value ?? "" };
    const wrong = {
      ...(written.email === "" && { email: words.emailMissing }),
      ...(written.password === "" && { password: words.passwordMissing }),
    };
    setMissing(wrong);
    if (wrong.email) email.current?.focus();
    else if (wrong.password) password.current?.focus();
    else onSubmit(written);
  };
  const passwordError = missing.password ?? (error && !missing.email ? sentence(error) : null);
  const Icon = shown ? EyeOff : Eye;
  return (
    <form onSubmit={submit} noValidate aria-label={words.title}>
      <label htmlFor="email" className="mb-1.5 block text-sm font-[550]">
        {words.email}
      </label>
      <input
        id="email"
        ref={email}
        type="email"
        autoComplete="username"
        className="field"
        aria-invalid={missing.email !== undefined}
        aria-describedby={missing.email ? "email-error" : undefined}
      />
      <FieldProblem id="email-error" text={missing.email ?? null} />
      <label htmlFor="password" className="mt-4 mb-1.5 block text-sm font-[550]">
        {words.password}
      </label>
      <div className="relative">
        <input
          id="password"
          ref={password}
          type={shown ? "text" : "password"}
          autoComplete="current-password"
          className="field pr-12"
          aria-invalid={passwordError !== null}
          aria-describedby={passwordError ? "password-error" : undefined}
        />
        <button
          type="button"
          className="absolute inset-y-0 right-0 grid w-11 place-items-center rounded-lg text-ink-2 -outline-offset-2"
          aria-label={shown ? words.hide : words.show}
          onClick={() => setShown(!shown)}
        >
          <Icon size={18} strokeWidth={1.75} aria-hidden="true" />
        </button>
      </div>
      <FieldProblem id="password-error" text={passwordError} />
      <button type="submit" className="btn btn-solid btn-large mt-5 w-full" disabled={pending}>
        {pending ? words.submitting : words.submit}
      </button>
    </form>
  );
}

function FieldProblem({ id, text }: { id: string; text: string | null }) {
  if (!text) return null;
  return (
    <p id={id} role="alert" className="mt-2 flex items-start gap-1.5 text-bad-ink">
      <CircleAlert size={16} strokeWidth={1.75} className="mt-0.5 flex-none" aria-hidden="true" />
      {text}
    </p>
  );
}

function sentence(error: Error): string {
  const wait = error instanceof ApiError ? error.retryAfter : null;
  return wait ? `${error.message} ${words.later(wait)}` : error.message;
}
