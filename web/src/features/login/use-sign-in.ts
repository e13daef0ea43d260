// Signing in by password or by link, and what follows: the session is known, and the page goes where it should.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { type Person, sessionQuery } from "@/lib/api/get-session";
import { takeLinkToken } from "./link-token";
import { postLogin } from "./post-login";
import { postLoginLink } from "./post-login-link";
import { whereNext } from "./where-next";

export interface Credentials {
  email: string;
  password: string;
}

export function useSignIn(next: string | undefined) {
  const queries = useQueryClient();
  const router = useRouter();
  const onSuccess = async (person: Person) => {
    // Asked for by nobody yet, an answer that is still under way would say that nobody is signed in.
    await queries.cancelQueries(sessionQuery);
    queries.setQueryData(sessionQuery.queryKey, person);
    // In place of the form: the way back leads to where one came from, not to a form for who is already in.
    router.history.replace(whereNext(person, next, window.location.origin));
  };
  const byPassword = useMutation({
    mutationFn: ({ email, password }: Credentials) => postLogin(email, password),
    onSuccess,
  });
  const byLink = useMutation({ mutationFn: postLoginLink, onSuccess });

  const { mutate: follow } = byLink;
  useEffect(() => {
    const take = () => {
      const token = takeLinkToken();
      // Not within the effect: StrictMode mounts twice, and the first mounting would never hear the answer.
      if (token !== null) queueMicrotask(() => follow(token));
    };
    take();
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, [follow]);

  return { byPassword, byLink };
}
